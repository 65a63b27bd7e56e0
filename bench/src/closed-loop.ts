const WARM_MS = 400;
const MEASURED_MS = 1600;

/** What a closed loop came to, once warm. */
export interface Loop {
  /** Acts that were completed a second. */
  readonly perSecond: number;
  /** What the slowest hundredth of them took at least, in milliseconds. */
  readonly p99Ms: number;
}

/** Has `callers` callers act, each again as soon as it is answered, and answers how many acts a second were completed once warm. */
export const closedLoop = async (callers: number, act: (caller: number) => Promise<unknown>): Promise<number> => (await timedLoop(callers, act)).perSecond;

/** As {@link closedLoop}, with what an act takes. */
export async function timedLoop(callers: number, act: (caller: number) => Promise<unknown>): Promise<Loop> {
  const fromMs = performance.now() + WARM_MS;
  const untilMs = fromMs + MEASURED_MS;
  const tookMs: number[] = [];
  const loop = async (caller: number): Promise<void> => {
    for (let nowMs = performance.now(); nowMs < untilMs; nowMs = performance.now()) {
      await act(caller);
      const answeredMs = performance.now();
      if (answeredMs >= fromMs && answeredMs < untilMs) tookMs.push(answeredMs - nowMs);
    }
  };
  await Promise.all(Array.from({ length: callers }, (_, caller) => loop(caller)));
  tookMs.sort((a, b) => a - b);
  return { perSecond: (tookMs.length * 1000) / MEASURED_MS, p99Ms: tookMs[Math.floor(tookMs.length * 0.99)] ?? Number.NaN };
}
