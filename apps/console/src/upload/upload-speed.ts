const WINDOW_MS = 8000;
const SAMPLE_MIN_MS = 1000;

/** How fast bytes go, over the last seconds. */
export class UploadSpeed {
  #samples: { readonly atMs: number; readonly bytes: number }[] = [];

  /** So many bytes in all are through at this moment. */
  note(atMs: number, bytes: number): void {
    this.#samples.push({ atMs, bytes });
    this.#samples = this.#samples.filter((sample) => sample.atMs >= atMs - WINDOW_MS);
  }

  /** Begins anew: a pause is no slowness. */
  reset(): void {
    this.#samples = [];
  }

  /** Bytes a second; null until there is something to say. */
  get perSecond(): number | null {
    const [first, last] = [this.#samples[0], this.#samples.at(-1)];
    if (first === undefined || last === undefined || last.atMs - first.atMs < SAMPLE_MIN_MS) return null;
    return ((last.bytes - first.bytes) * 1000) / (last.atMs - first.atMs);
  }
}

/** How long so many bytes take yet, roughly; null where nothing can be said. */
export function timeLeftText(bytesLeft: number, perSecond: number | null): string | null {
  if (perSecond === null || perSecond <= 0) return null;
  const seconds = Math.ceil(bytesLeft / perSecond);
  if (seconds < 90) return `about ${seconds} s left`;
  const minutes = Math.round(seconds / 60);
  return minutes < 90 ? `about ${minutes} min left` : `about ${Math.round(minutes / 60)} h left`;
}
