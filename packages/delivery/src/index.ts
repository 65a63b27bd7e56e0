export { httpsPortal } from "./https-portal.ts";
export type { Parcel, Portal, Word } from "./portal.ts";
export { sftpPortal } from "./sftp-portal.ts";
