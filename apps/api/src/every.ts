/** Runs `work` by the clock, never beside itself: a turn that comes while the last one is under way is left out. */
export function every(ms: number, work: () => Promise<void>): NodeJS.Timeout {
  let busy = false;
  return setInterval(() => {
    if (busy) return;
    busy = true;
    void work().finally(() => {
      busy = false;
    });
  }, ms);
}
