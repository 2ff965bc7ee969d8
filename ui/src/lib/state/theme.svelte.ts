// Light or dark: the reader's choice, or the system's. The result stands on the root element for the style sheets.

export type Choice = 'system' | 'light' | 'dark';

export class Theme {
  choice = $state<Choice>('system');
  #system: MediaQueryList;
  #root: HTMLElement;

  constructor(root: HTMLElement, system: MediaQueryList) {
    this.#root = root;
    this.#system = system;
    system.addEventListener('change', () => this.#apply());
    this.#apply();
  }

  choose(choice: Choice): void {
    this.choice = choice;
    this.#apply();
  }

  #apply(): void {
    const dark = this.choice === 'dark' || (this.choice === 'system' && this.#system.matches);
    this.#root.dataset['theme'] = dark ? 'dark' : 'light';
  }
}
