/** How near the end of the session is. */
export type IdlePhase = { readonly phase: "active" } | { readonly phase: "warning"; readonly secondsLeft: number } | { readonly phase: "over"; readonly why: "idle" | "expired" };

const WARN_SECONDS = 60;

/**
 * Where a session stands that ends at `idleAtMs` unless something is done, and at `endsAtMs` in any case. The warning comes a minute before
 * idle logoff, and never earlier than half way to it.
 */
export function idlePhase(nowMs: number, idleAtMs: number, endsAtMs: number, idleSeconds: number): IdlePhase {
  if (nowMs >= endsAtMs) return { phase: "over", why: "expired" };
  const leftMs = idleAtMs - nowMs;
  if (leftMs <= 0) return { phase: "over", why: "idle" };
  const warnMs = Math.min(WARN_SECONDS, idleSeconds / 2) * 1000;
  return leftMs <= warnMs ? { phase: "warning", secondsLeft: Math.ceil(leftMs / 1000) } : { phase: "active" };
}
