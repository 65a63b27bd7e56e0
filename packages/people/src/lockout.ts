/** After how many failures a method is locked for a person, and for how long (NIST SP 800-63B-4 §3.2.2 allows at most 100). */
export interface LockoutRule {
  readonly limit: number;
  readonly lockMs: number;
}

/** Five, and a quarter of an hour. */
export const LOCKOUT: LockoutRule = { limit: 5, lockMs: 15 * 60_000 };

/** Counts that nobody touched for a day are forgotten. */
export const ATTEMPTS_KEPT_MS = 24 * 3_600_000;
