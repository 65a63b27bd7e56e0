import type { Grant } from "@sallyport/policy";
import type { RecipientRow } from "./recipient-store.ts";

export interface SubmissionRow {
  /** `sbm_…` */
  readonly id: string;
  readonly study: string;
  readonly title: string;
  readonly atMs: number;
}

/** What stands at a path of a sequence. */
export interface PlacedDocument {
  readonly path: string;
  readonly document: string;
  readonly version: number;
  /** Whether it leaves only with somebody's valid approval on it. */
  readonly needsApproval: boolean;
}

export interface SequenceRow {
  readonly number: string;
  readonly atMs: number;
  /** In the order of their paths. */
  readonly documents: readonly PlacedDocument[];
}

/** A packet as far as it has come. */
export interface PacketRow {
  /** `spk_…` */
  readonly id: string;
  readonly submission: string;
  readonly study: string;
  readonly sequence: string;
  readonly recipient: string;
  readonly recipientVersion: number;
  readonly recipientName: string;
  readonly manifest: string;
  readonly digest: string;
  readonly preparedAtMs: number;
  readonly released: { readonly approval: string; readonly signature: string; readonly atMs: number } | null;
  readonly sealed: { readonly sha256: string; readonly length: number; readonly atMs: number } | null;
  readonly submittedAtMs: number | null;
}

export type PacketState = "prepared" | "released" | "sealed" | "submitted";
export const packetState = ({ released, sealed, submittedAtMs }: Pick<PacketRow, "released" | "sealed" | "submittedAtMs">): PacketState =>
  submittedAtMs !== null ? "submitted" : sealed !== null ? "sealed" : released !== null ? "released" : "prepared";

/** A new packet, with what was made for it. */
export interface NewPacket extends Pick<PacketRow, "id" | "submission" | "study" | "sequence" | "manifest" | "digest"> {
  readonly recipient: Pick<RecipientRow, "id" | "version">;
  readonly made: ReadonlyMap<string, Buffer>;
  readonly atMs: number;
}

/** A record as the trail has it; MAC in hex. */
export interface ReleaseRecord {
  readonly chain: string;
  readonly generation: number;
  readonly seq: number;
  readonly body: string;
  readonly mac: string;
}

/** Port: submissions, their sequences and packets. Row security shows whoever reaches the whole of a study its submissions, and others nothing. */
export interface SubmissionStore<Tx> {
  /** The study of a submission or packet, from our own records; null where there is none. Takes no grant: it feeds a decision. */
  studyOf(id: string): Promise<string | null>;
  list(tx: Tx, grant: Grant): Promise<readonly (SubmissionRow & { readonly sequences: number })[]>;
  get(tx: Tx, grant: Grant, id: string): Promise<SubmissionRow | null>;
  insert(tx: Tx, grant: Grant, submission: SubmissionRow): Promise<void>;
  sequences(tx: Tx, grant: Grant, submission: string): Promise<readonly SequenceRow[]>;
  addSequence(tx: Tx, grant: Grant, submission: string, sequence: Pick<SequenceRow, "number" | "atMs">): Promise<void>;
  /** Puts these documents in the place of all that stood in the sequence. @throws SallyportError `submission.state` where one of its packets was released. */
  place(tx: Tx, grant: Grant, at: { readonly submission: string; readonly sequence: string }, documents: readonly PlacedDocument[], atMs: number): Promise<void>;
  packets(tx: Tx, grant: Grant, submission: string): Promise<readonly PacketRow[]>;
  /** One packet; with `hold`, its row is held until the transaction ends. */
  packet(tx: Tx, grant: Grant, id: string, hold?: "hold"): Promise<PacketRow | null>;
  prepare(tx: Tx, grant: Grant, packet: NewPacket): Promise<void>;
  /** A packet's manifest, in the transaction of the approval, at whose grant it stands. */
  manifest(tx: Tx, packet: string): Promise<string | null>;
  /** In the transaction of the approval, likewise. */
  release(tx: Tx, packet: { readonly id: string; readonly approval: string; readonly signature: string; readonly atMs: number }): Promise<void>;
  /** Content of what was made for a packet. */
  made(tx: Tx, grant: Grant, packet: string, path: string): Promise<Buffer | null>;
  /** Where the trail tells of a packet's release; `system` first. */
  releaseRecords(tx: Tx, grant: Grant, packet: string): Promise<readonly ReleaseRecord[]>;
  /**
   * Begins to seal, in a transaction of its own: this attempt takes the place of one that hasn't been heard of for a time, whose chunks go.
   *
   * @throws SallyportError `service.busy` while another attempt is under way; `packet.state` where the packet isn't released, or is sealed.
   */
  beginSeal(grant: Grant, at: { readonly packet: string; readonly attempt: string; readonly atMs: number; readonly aloneForMs: number }): Promise<void>;
  /** Keeps a chunk, in a transaction of its own. @throws SallyportError `packet.state` once another attempt has begun. */
  putChunk(grant: Grant, chunk: { readonly packet: string; readonly attempt: string; readonly n: number; readonly bytes: Buffer; readonly atMs: number }): Promise<void>;
  /** How many bytes the attempt under way keeps, to a chunk, or what was sealed; null where none is. Null as a whole where the grant doesn't reach the packet. */
  sealing(tx: Tx, grant: Grant, packet: string): Promise<{ readonly isSealed: boolean; readonly kept: number | null } | null>;
  /** Gives an attempt up: another may begin at once. */
  abandonSeal(grant: Grant, at: { readonly packet: string; readonly attempt: string }): Promise<void>;
  /** Puts on record what was sealed. @throws SallyportError `packet.state` where that isn't what is stored, whole, under this attempt. */
  seal(tx: Tx, grant: Grant, sealed: { readonly packet: string; readonly attempt: string; readonly sha256: string; readonly length: number; readonly atMs: number }): Promise<void>;
  submit(tx: Tx, grant: Grant, packet: string, atMs: number): Promise<void>;
}
