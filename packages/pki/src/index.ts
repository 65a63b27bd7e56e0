export { Authority, type AuthorityMaterial, createAuthority, type IssuedCertificate, type IssueRequest } from "./authority.ts";
export { type CertificateRequest, createRequest, openRequest } from "./certificate-request.ts";
export { type Identity, IDENTITY_FILES, readIdentity, writeIdentity } from "./identity-files.ts";
export { IdentityFolder, type IdentityFolderOptions, type IdentityListener } from "./identity-folder.ts";
export { limitConnectionAge, type ListenerLimits, listenerTimeouts } from "./listener-limits.ts";
export { type PeerExpectation, type PeerIdentity, peerIdentity, type PeerRole, thumbprint } from "./peer-identity.ts";
export { assertPlainRequest } from "./plain-request.ts";
export { authorityIds, isIssuedBy, readRevocationList, readRevocationLists, type RevocationList, type RevokedEntry } from "./revocation-list.ts";
export {
  CODE_KEY,
  enrolmentProof,
  isEnrolmentProof,
  isRenewalProof,
  makeServiceCode,
  readServiceCode,
  renewalProof,
  SERVICE_NAME,
  type ServiceCode,
} from "./service-code.ts";
export { socketPeer, type SocketPeerOptions } from "./socket-peer.ts";
export { parseSpiffeId, type SpiffeId } from "./spiffe-id.ts";
export { clientOptions, type ClientTlsOptions, serverOptions, type ServerTlsOptions } from "./tls-options.ts";
