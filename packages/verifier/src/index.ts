export type { LocalFile } from "./local-files.ts";
export { joinLocally, type JoinRequest, type VerifyAnswer, type VerifyRequest, verifyLocally } from "./verify-locally.ts";
