// The cursor of a chart: which point lies under the pointer, and where the arrow keys go.
import type { Hit } from '../gen/api';

export class Cursor {
  index = $state<number | null>(null);

  /** The point whose area holds `at`, in units of the drawing; beyond the ends the first or last point. */
  point(hits: Hit[], at: number): void {
    if (hits.length === 0) {
      this.index = null;
      return;
    }
    let [low, high] = [0, hits.length - 1];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((hits[middle]?.to ?? 0) <= at) low = middle + 1;
      else high = middle;
    }
    this.index = low;
  }

  /** Answers a key; false means that the key is not the chart's. Without a cursor the newest point comes first. */
  key(hits: Hit[], key: string): boolean {
    const last = hits.length - 1;
    if (last < 0) return false;
    const now = this.index;
    const page = Math.max(1, Math.round(hits.length / 10));
    switch (key) {
      case 'ArrowLeft':
      case 'ArrowUp':
        this.index = now === null ? last : Math.max(0, now - 1);
        return true;
      case 'ArrowRight':
      case 'ArrowDown':
        this.index = now === null ? last : Math.min(last, now + 1);
        return true;
      case 'PageUp':
        this.index = now === null ? last : Math.max(0, now - page);
        return true;
      case 'PageDown':
        this.index = now === null ? last : Math.min(last, now + page);
        return true;
      case 'Home':
        this.index = 0;
        return true;
      case 'End':
        this.index = last;
        return true;
      case 'Escape':
        if (now === null) return false;
        this.index = null;
        return true;
      default:
        return false;
    }
  }

  leave(): void {
    this.index = null;
  }

  /** The point in words, for a screen reader. */
  say(hits: Hit[]): string {
    const hit = this.index === null ? undefined : hits[this.index];
    return hit ? `${hit.label}: ${hit.values.map((value) => `${value.label} ${value.text}`).join(', ')}` : '';
  }
}
