const WARM_MS = 400;
const MEASURED_MS = 1600;

/** Has `callers` callers act, each again as soon as it is answered, and answers how many acts a second were completed once warm. */
export async function closedLoop(callers: number, act: (caller: number) => Promise<unknown>): Promise<number> {
  const fromMs = performance.now() + WARM_MS;
  const untilMs = fromMs + MEASURED_MS;
  let done = 0;
  const loop = async (caller: number): Promise<void> => {
    for (let nowMs = performance.now(); nowMs < untilMs; nowMs = performance.now()) {
      await act(caller);
      const answeredMs = performance.now();
      if (answeredMs >= fromMs && answeredMs < untilMs) done += 1;
    }
  };
  await Promise.all(Array.from({ length: callers }, (_, caller) => loop(caller)));
  return (done * 1000) / MEASURED_MS;
}
