export { openSpool, type OpenedSpool, rewrapBook } from "./spool/open-spool.ts";
export { filesIn, type SpoolFiles } from "./spool/spool-files.ts";
export { type Offered, Spool, SPOOL_LIMITS, type SpoolLimits, type SpoolParts, type SpoolRules, strictSpoolRules } from "./spool/spool.ts";
export { openRequest, requestBytes, sealRequest, type SpooledHead, type SpooledRequest, type Taken, type UnwrapHeader } from "./spool/spooled-request.ts";
