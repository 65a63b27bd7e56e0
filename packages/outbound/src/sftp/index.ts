export { type Entry, isPinned, type SftpOptions, SftpServer } from "./sftp-server.ts";
