export { type CertificateStatus, type HostStatus, hostStatus, type ProcessStatus, revokeWorkload, rotatePasswords } from "./control-socket.ts";
export type { ProfileFile } from "./certificate-desk.ts";
export { type Home, homePaths } from "./home.ts";
export { lockHome } from "./home-lock.ts";
export { writePrivate } from "./private-file.ts";
export { LOCAL_PROFILES, PILOT_STUDY, type Profile, type ProfileAssignment } from "./profiles.ts";
export { type Settings, settingsWithKv } from "./settings.ts";
