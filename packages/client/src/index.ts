export type { AppRouter } from "@sallyport/api";
export type { Health } from "@sallyport/contracts";
export type { ErrorCode } from "@sallyport/errors";
export type { CallContext } from "./call.ts";
export { hasCode, isDenial, SallyportClientError } from "./client-error.ts";
export { connect, type Connection, type ConnectOptions } from "./connect.ts";
export { items, pages } from "./paging.ts";
export { isProcedurePath, type ProcedureFacts, type ProcedurePath, procedures, type WatchEvent, type WatchInput, type WatchPath } from "./procedures.ts";
export type { CertificateOptions, ProfileOptions } from "./profile.ts";
