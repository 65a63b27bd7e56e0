export { packPacket, RELEASE_FILE, SIGNATURE_FILE } from "./packet-container.ts";
export { type PacketFault, type PacketFaultKind, type PacketRules, strictPacketRules } from "./packet-fault.ts";
export { ContainerReader, isContainer } from "./read-container.ts";
export { type PacketPins, type PacketSignature, type PacketVerdict, verifyPacket } from "./verify-packet.ts";
export type { OutboxItem, OutboxPort, SealedPackets } from "./egress-ports.ts";
export { recipientFingerprint } from "./recipient-key.ts";
export type { RecipientRow, RecipientStore } from "./recipient-store.ts";
export { BACKBONE, BACKBONE_MD5, backboneXml, isLeaf, type Leaf, outsideOfModules } from "./backbone.ts";
export { BACKBONE_BYTES_MAX, backboneFaults, isRegionalBackbone, listedIn } from "./backbone-check.ts";
export {
  type NewPacket,
  type PacketRow,
  packetState,
  type PacketState,
  type PlacedDocument,
  type ReleaseRecord,
  type SequenceRow,
  type SubmissionRow,
  type SubmissionStore,
} from "./submission-store.ts";
export { collidingPaths, pathFault } from "./tree-path.ts";
export { PACKET_FILES_MAX, packetDigest, packetManifest, type PacketFile, type PacketManifest, readPacketManifest, receiptPath } from "./packet-manifest.ts";
