export type { LocalFile } from "./local-files.ts";
export { type VerifyAnswer, type VerifyRequest, verifyLocally } from "./verify-locally.ts";
