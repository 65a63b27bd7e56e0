import type { Authenticator, Identity, Session } from "@sallyport/people";

const iso = (ms: number): string => new Date(ms).toISOString();

/** An authenticator as the contracts show it. */
export const authenticatorSummary = ({ id, kind, label, basis, addedAtMs, lastUsedAtMs }: Authenticator) => ({
  authenticatorId: id,
  kind,
  label,
  basis,
  addedAt: iso(addedAtMs),
  lastUsedAt: lastUsedAtMs === null ? null : iso(lastUsedAtMs),
});

/** A session as the contracts show it. */
export const sessionSummary = ({ id, via, method, startedMs, lastSeenMs, endsMs }: Session, thisOne: string | null) => ({
  sessionId: id,
  via,
  method,
  startedAt: iso(startedMs),
  lastSeenAt: iso(lastSeenMs),
  endsAt: iso(endsMs),
  isThis: id === thisOne,
});

/** An identity at an external provider as the contracts show it. */
export const identitySummary = ({ id, issuer, linkedAtMs, lastUsedAtMs }: Identity) => ({
  identityId: id,
  issuer,
  linkedAt: iso(linkedAtMs),
  lastUsedAt: lastUsedAtMs === null ? null : iso(lastUsedAtMs),
});
