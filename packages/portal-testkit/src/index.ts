export { cutLine } from "./cut-line.ts";
export { HttpsPortalServer, type Manner } from "./https-portal-server.ts";
export { fingerprintOf, keyPair, noSshServer, OpenSshServer } from "./open-ssh-server.ts";
