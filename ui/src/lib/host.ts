// The one door to the program behind the page: Tauri in the window, HTTP on loopback in a browser.
import { invoke, isTauri } from '@tauri-apps/api/core';
import { listen } from '@tauri-apps/api/event';
import { CLASS, type ApiError, type Command, type Commands, type Events } from './gen/api';

/** What a call throws when the program refuses or fails; branch on `code`, show `message`, offer `hint`. */
export class HostError extends Error implements ApiError {
  readonly code: ApiError['code'];
  readonly hint: string | null;
  readonly channel: string | null;

  constructor(error: ApiError) {
    super(error.message);
    this.name = 'HostError';
    this.code = error.code;
    this.hint = error.hint;
    this.channel = error.channel;
  }
}

/** Whatever was thrown, as an error of the border. */
export function asHostError(thrown: unknown): HostError {
  if (thrown instanceof HostError) return thrown;
  const shape = thrown as Partial<ApiError> | null;
  if (shape && typeof shape === 'object' && typeof shape.code === 'string' && typeof shape.message === 'string') {
    return new HostError({
      code: shape.code,
      message: shape.message,
      hint: shape.hint ?? null,
      channel: shape.channel ?? null,
    });
  }
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  return new HostError({ code: 'internal', message, hint: null, channel: null });
}

async function post(command: string, args: unknown): Promise<unknown> {
  let answer: Response;
  try {
    answer = await fetch(`/rpc/${command}`, {
      method: 'POST',
      credentials: 'same-origin',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(args),
    });
  } catch {
    throw new HostError({
      code: 'offline',
      message: 'The program does not answer.',
      hint: 'Start “countinghouse serve” again and reload this page.',
      channel: null,
    });
  }
  const body: unknown = await answer.json().catch(() => null);
  const envelope = body as { success?: boolean; data?: unknown; error?: unknown } | null;
  if (answer.ok && envelope?.success === true) return envelope.data;
  throw asHostError(envelope?.error ?? new Error(`The program answered with status ${answer.status}.`));
}

/** Calls a command of the list. Throws a {@link HostError}. */
export async function call<C extends Command>(command: C, args: Commands[C]['args']): Promise<Commands[C]['result']> {
  try {
    const result = isTauri() ? await invoke(CLASS[command], { command, args }) : await post(command, args);
    return result as Commands[C]['result'];
  } catch (thrown) {
    throw asHostError(thrown);
  }
}

/** Listens to an event of the program until the returned function is called. */
export function on<E extends keyof Events>(event: E, hear: (payload: Events[E]) => void): () => void {
  if (isTauri()) {
    const stop = listen<Events[E]>(event, (message) => hear(message.payload));
    return () => void stop.then((end) => end());
  }
  const handler = (message: MessageEvent<string>) => hear(JSON.parse(message.data) as Events[E]);
  const source = stream();
  source.addEventListener(event, handler);
  return () => source.removeEventListener(event, handler);
}

let opened: EventSource | null = null;

function stream(): EventSource {
  opened ??= new EventSource('/events');
  return opened;
}
