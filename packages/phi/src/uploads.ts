import type { Grant, SiteRef } from "@sallyport/policy";
import type { DeclaredDocument } from "./documents.ts";
import type { PacketFileRow, PacketState } from "./ports.ts";

/** How far a file has come: `received` bytes of `bytes`. `n` is from 1. */
export interface UploadFile {
  readonly n: number;
  readonly bytes: number;
  readonly received: number;
  /** What its sender says that it is; null for a dataset. */
  readonly document: DeclaredDocument | null;
}

/** An upload in parts, as its uploader may see it: no name and no value. */
export interface UploadRow {
  readonly id: string;
  readonly study: string;
  readonly state: PacketState;
  readonly profile: string;
  readonly beganAtMs: number;
  /** The packet's data key as the custodian wrapped it; one for all of its files. */
  readonly wrapped: string;
  readonly files: readonly UploadFile[];
}

/** An upload that begins. `sites` are those that it could be for. */
export interface NewUpload {
  readonly id: string;
  readonly study: string;
  readonly sites: readonly SiteRef[];
  readonly profile: string;
  readonly beganAtMs: number;
  readonly wrapped: string;
  readonly files: readonly { readonly n: number; readonly bytes: number; readonly sealedName: Buffer; readonly document: DeclaredDocument | null }[];
}

/** One part, sealed: whole chunks of one file from `offset` on, `bytes` of plaintext in all. */
export interface UploadPart {
  readonly packet: string;
  readonly file: number;
  readonly offset: number;
  readonly bytes: number;
  readonly chunks: readonly Buffer[];
}

/** What a packet turned out to hold. */
export interface ReadUpload {
  readonly sites: readonly SiteRef[];
  readonly dataset: string;
  readonly format: string;
  readonly rows: number;
  readonly files: readonly PacketFileRow[];
  readonly receivedAtMs: number;
}

/** Port: uploads in parts. Every call needs `packet.upload`, and sees the uploads of the grant's own principal alone. */
export interface UploadStore<Tx> {
  /** How many of the principal's uploads are unfinished. */
  countUnfinished(tx: Tx, grant: Grant): Promise<number>;
  begin(tx: Tx, grant: Grant, upload: NewUpload): Promise<void>;
  /** Null where there is none, or it is another's. */
  get(grant: Grant, id: string): Promise<UploadRow | null>;
  /** The unfinished ones, newest first. */
  unfinished(grant: Grant, study: string | undefined): Promise<readonly UploadRow[]>;
  /**
   * Adds a part, all or nothing, where its offset is the one that is next; answers the one that is next then.
   * Throws `packet.offset` with `next`, or `packet.state` where the packet is no longer received.
   */
  append(grant: Grant, part: UploadPart): Promise<number>;
  /** Up to `limit` sealed chunks of a file from the chunk `from` on, while the packet is received. */
  chunks(grant: Grant, at: { readonly packet: string; readonly file: number; readonly from: number; readonly limit: number }): Promise<readonly Buffer[]>;
  /** Puts the packet into quarantine. Throws `packet.state` where it is no longer received, `policy.denied` for a site outside the grant. */
  complete(tx: Tx, grant: Grant, id: string, read: ReadUpload): Promise<void>;
  /** Gives the packet up. Throws `packet.state` where it is no longer received. */
  abandon(tx: Tx, grant: Grant, id: string): Promise<void>;
}
