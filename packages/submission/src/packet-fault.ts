/** What can be wrong with a packet, one word each (docs/spec/sealed-packet-v1.md, section 6). */
export type PacketFaultKind =
  | "signature"
  | "key"
  | "recipient"
  | "release"
  | "receipt"
  | "altered"
  | "missing"
  | "extra"
  | "duplicate"
  | "path"
  | "link"
  | "form"
  | "truncated"
  | "trailing";

export interface PacketFault {
  readonly kind: PacketFaultKind;
  /** Of the file that it is about; empty where it is about the whole. */
  readonly path: string;
  readonly why: string;
}

/** A fault after which nothing more can be looked at. */
export class PacketBroken extends Error {
  readonly fault: PacketFault;

  constructor(kind: PacketFaultKind, why: string, path = "") {
    super(kind);
    this.fault = { kind, path, why };
  }
}

/** What a packet is held against, each by itself. A test that shows what one is for leaves it out; everything else takes {@link strictPacketRules}. */
export interface PacketRules {
  /** The manifest is signed by the key that it names. */
  readonly signature: boolean;
  /** The key is one that was given, and was in force. */
  readonly key: boolean;
  /** It was made for who asks. */
  readonly recipient: boolean;
  /** The trail has its release by two people. */
  readonly release: boolean;
  /** Each receipt holds, and is of a file that is there. */
  readonly receipts: boolean;
  /** Each file's bytes are those of the manifest. */
  readonly content: boolean;
  /** Nothing is there that the manifest doesn't list. */
  readonly strays: boolean;
  /** What the manifest lists is there. */
  readonly whole: boolean;
  /** Names and types are those of plain files within the packet. */
  readonly names: boolean;
  /** The container is, byte for byte, what packing gives, to its end. */
  readonly form: boolean;
}
export const strictPacketRules: PacketRules = {
  signature: true,
  key: true,
  recipient: true,
  release: true,
  receipts: true,
  content: true,
  strays: true,
  whole: true,
  names: true,
  form: true,
};
