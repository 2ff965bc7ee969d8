// Short messages at the edge of the window. A timer is an argument, so that tests need not wait.

export interface Toast {
  id: number;
  kind: 'done' | 'failed';
  text: string;
  hint: string | null;
}

export class Toasts {
  list = $state.raw<Toast[]>([]);
  #next = 1;
  #after: (milliseconds: number, run: () => void) => void;

  constructor(after: (milliseconds: number, run: () => void) => void = (ms, run) => void setTimeout(run, ms)) {
    this.#after = after;
  }

  /** A message that goes by itself. */
  done(text: string): void {
    const id = this.#add('done', text, null);
    this.#after(5000, () => this.dismiss(id));
  }

  /** A failure stays until it is dismissed: nobody should have to read it in a hurry. */
  failed(error: { message: string; hint: string | null }): void {
    this.#add('failed', error.message, error.hint);
  }

  dismiss(id: number): void {
    this.list = this.list.filter((toast) => toast.id !== id);
  }

  #add(kind: Toast['kind'], text: string, hint: string | null): number {
    const id = this.#next++;
    const others = this.list.filter((toast) => toast.kind !== kind || toast.text !== text);
    this.list = [...others, { id, kind, text, hint }].slice(-4);
    return id;
  }
}
