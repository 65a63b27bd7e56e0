/** A clock that moves only when it is told to. */
export interface FixedClock {
  /** Milliseconds since the epoch. Bound: it may be handed on by itself. */
  readonly now: () => number;
  /** Moves the clock by so many milliseconds, also backwards. */
  advance(ms: number): void;
  /** Puts the clock at so many milliseconds since the epoch. */
  set(ms: number): void;
}

/** Makes a clock that stands at `startMs`, or at 2026-01-02T03:04:05.000Z. */
export function fixedClock(startMs = Date.UTC(2026, 0, 2, 3, 4, 5)): FixedClock {
  let at = startMs;
  return {
    now: () => at,
    advance(ms) {
      at += ms;
    },
    set(ms) {
      at = ms;
    },
  };
}
