export { ATTEMPTS_KEPT_MS, LOCKOUT, type LockoutRule } from "./lockout.ts";
export * from "./model.ts";
export { type HashLimits, PasswordHasher } from "./password-hash.ts";
export { normalPassword, PASSWORD_LENGTH_MAX, PASSWORD_LENGTH_MIN, passwordFault } from "./password-rules.ts";
export * from "./ports.ts";
export { newTotpSecret, totpCode, totpStep, totpUri } from "./totp.ts";
