// What every page shares: the frame's content, the view, messages, theme. Made once in App.svelte, handed on by context.
import { getContext, setContext } from 'svelte';
import type { Frame, LostProfile, ProfileRef, Run } from '../gen/api';
import { asHostError, call, on } from '../host';
import { pulse } from './pulse';
import { Resource } from './resource.svelte';
import { Theme } from './theme.svelte';
import { Toasts } from './toasts.svelte';
import { View } from './view.svelte';

const KEY = Symbol('app');

/** At most one renewal of the figures on screen in so many milliseconds while data keeps changing. */
const RENEWAL = 1500;

export class App {
  frame = new Resource<Frame>();
  /** Every profile that can be told, whether the active one opens or not. */
  profiles = $state.raw<ProfileRef[]>([]);
  /** Folders of profiles that cannot be told. */
  lost = $state.raw<LostProfile[]>([]);
  view = new View((hash) => {
    location.hash = hash;
  });
  toasts = new Toasts();
  theme = new Theme(document.documentElement, matchMedia('(prefers-color-scheme: dark)'));
  /** The run under way, if any, as last heard. */
  running = $state.raw<Run | null>(null);
  /** Rises when stored figures changed; a page that reads it in an effect loads anew. */
  changes = $state(0);

  /** Follows the address and the program's events until the returned function is called. */
  start(): () => void {
    const follow = () => this.view.follow(location.hash);
    follow();
    addEventListener('hashchange', follow);
    const renew = pulse(() => {
      this.changes += 1;
      void this.load();
    }, RENEWAL);
    const stopData = on('data_changed', renew);
    const stopRun = on('run', (run) => {
      this.running = run.state === 'running' || run.state === 'waiting' ? run : null;
    });
    void this.load();
    return () => {
      removeEventListener('hashchange', follow);
      stopData();
      stopRun();
    };
  }

  async load(): Promise<void> {
    await this.frame.load(() => call('frame', {}));
    const frame = this.frame.value;
    if (this.frame.error) {
      // What was shown is of a profile that does not open any more, or of another one.
      this.frame.value = null;
      await this.loadProfiles();
    } else if (frame) {
      this.profiles = frame.profiles;
      this.view.adopt(frame);
      this.theme.choose(frame.theme);
    }
  }

  /** Shows another profile. */
  async choose(id: string): Promise<void> {
    if (await this.attempt(() => call('choose_profile', { id }))) await this.load();
  }

  async loadProfiles(): Promise<void> {
    try {
      const { profiles, lost } = await call('profiles', {});
      [this.profiles, this.lost] = [profiles, lost];
    } catch {
      // Why the active one does not open is on the page; where none can be told there is nothing to choose.
      [this.profiles, this.lost] = [[], []];
    }
  }

  /** Does something and says how it went. True when it went well. */
  async attempt(what: () => Promise<unknown>, done: string | null = null): Promise<boolean> {
    try {
      await what();
      if (done) this.toasts.done(done);
      return true;
    } catch (thrown) {
      this.toasts.failed(asHostError(thrown));
      return false;
    }
  }
}

export function provideApp(): App {
  return setContext(KEY, new App());
}

export function useApp(): App {
  return getContext<App>(KEY);
}
