/** Asks again at most every `ms`; who asks meanwhile gets what was answered last, or waits with the others for the same answer. */
export function keptFor<T>(ms: number, now: () => number, ask: () => Promise<T>): () => Promise<T> {
  let kept: { readonly answer: Promise<T>; readonly untilMs: number } | null = null;
  return () => {
    if (kept === null || kept.untilMs <= now()) {
      const answer = ask();
      kept = { answer, untilMs: now() + ms };
      void answer.catch(() => {
        kept = null;
      });
    }
    return kept.answer;
  };
}
