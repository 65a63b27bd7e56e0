import type { RecipientStore, SealedPackets, SubmissionStore } from "@sallyport/submission";

/** Ports of what leaves. */
export interface EgressPorts<Tx> {
  readonly recipients: RecipientStore<Tx>;
  readonly submissions: SubmissionStore<Tx>;
  /** The sealed bytes of what was submitted. */
  readonly sealedPackets: SealedPackets;
  /** Seals bytes to one recipient in the age format, a piece at a time; tells in the end what was sealed. */
  readonly sealPacket: (recipient: string, content: AsyncIterable<Uint8Array>) => AsyncGenerator<Uint8Array, { readonly sha256: string; readonly length: number }>;
  /** Whether something can be sealed to this key. */
  readonly isRecipientKey: (key: string) => Promise<boolean>;
}
