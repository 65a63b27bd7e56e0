export { packPacket, RELEASE_FILE, SIGNATURE_FILE } from "./packet-container.ts";
export { type PacketFault, type PacketFaultKind, type PacketRules, strictPacketRules } from "./packet-fault.ts";
export { ContainerReader, isContainer } from "./read-container.ts";
export { type PacketPins, type PacketSignature, type PacketVerdict, verifyPacket } from "./verify-packet.ts";
export type { OutboxItem, OutboxPort, SealedPackets } from "./egress-ports.ts";
export { recipientFingerprint } from "./recipient-key.ts";
export type { RecipientRow, RecipientStore } from "./recipient-store.ts";
