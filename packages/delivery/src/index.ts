export { type EgressPlan, readEgress } from "./egress-plan.ts";
export { httpsPortal } from "./https-portal.ts";
export type { Parcel, Portal, Word } from "./portal.ts";
export { portalOf } from "./portal-of.ts";
export { sftpPortal } from "./sftp-portal.ts";
