// What the whole window looks at: page, range, comparison, definition, channels. One object, so that every page asks alike.
import type { DashboardArgs, Day, DefinitionCode, Frame } from '../gen/api';
import { format, parse, type Page, type Panel, type Route } from './route';

const DAY = /^\d{4}-\d\d-\d\d$/;

export class View {
  route = $state.raw<Route>({ page: 'overview', part: null, panels: [] });
  preset = $state('');
  from = $state<Day>('');
  to = $state<Day>('');
  compare = $state('');
  definition = $state<DefinitionCode>('order_totals');
  channels = $state.raw<string[]>([]);
  #go: (hash: string) => void;

  constructor(go: (hash: string) => void) {
    this.#go = go;
  }

  /** Takes over what the program says: at first everything, later what the reader did not choose himself. */
  adopt(frame: Frame): void {
    if (this.from === '') {
      this.definition = frame.definition;
      this.compare = frame.compare;
      this.preset = frame.preset;
    }
    const preset = frame.presets.find((p) => p.code === this.preset);
    if (preset) [this.from, this.to] = [preset.from, preset.to];
    this.channels = this.channels.filter((code) => frame.channels.some((channel) => channel.code === code));
  }

  choosePreset(frame: Frame, code: string): void {
    this.preset = code;
    this.adopt(frame);
  }

  /** A range of the reader's own; refused unless both are days in order. */
  chooseRange(from: Day, to: Day): boolean {
    if (!DAY.test(from) || !DAY.test(to) || from > to) return false;
    [this.preset, this.from, this.to] = ['', from, to];
    return true;
  }

  toggleChannel(code: string): void {
    const has = this.channels.includes(code);
    this.channels = has ? this.channels.filter((c) => c !== code) : [...this.channels, code];
  }

  get question(): DashboardArgs {
    return {
      from: this.from,
      to: this.to,
      compare: this.compare,
      definition: this.definition,
      channels: [...this.channels],
    };
  }

  /** Follows the address. */
  follow(hash: string): void {
    this.route = parse(hash);
  }

  goto(page: Page, part: string | null = null): void {
    this.#go(format({ page, part, panels: [] }));
  }

  /** Opens something over the page, on top of what is open there. */
  open(panel: Panel): void {
    this.#go(format({ ...this.route, panels: [...this.route.panels, panel] }));
  }

  /** Goes back to the panel at `depth`; 0 closes all. */
  closeTo(depth: number): void {
    this.#go(format({ ...this.route, panels: this.route.panels.slice(0, depth) }));
  }
}
