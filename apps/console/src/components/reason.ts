/** A reason is at least so long: shorter ones say nothing. */
export const REASON_MIN = 8;
