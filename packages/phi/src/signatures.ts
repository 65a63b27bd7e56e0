import type { Grant } from "@sallyport/policy";

/** A signature as it is stored. The manifest says what was signed; the columns beside it are for finding it, and are held against it. */
export interface SignatureRow {
  readonly id: string;
  readonly document: string;
  readonly version: number;
  readonly person: string;
  readonly principal: string;
  readonly meaning: string;
  readonly method: string;
  readonly manifest: string;
  /** SHA-256 of the manifest, lower-case hex. */
  readonly digest: string;
  /** Null, as the note, where the signature is the server's word. */
  readonly assertion: string | null;
  readonly note: string | null;
  readonly supersedes: string | null;
  /** Of the request whose record tells of it. */
  readonly request: string;
  readonly atMs: number;
}

/** One of a document's signatures with what became of it. */
export interface StandingSignature extends SignatureRow {
  readonly supersededBy: string | null;
  readonly revoked: { readonly principal: string; readonly atMs: number } | null;
}

/** A record of the trail, by its place and its stored bytes. */
export interface SignatureRecord {
  readonly chain: string;
  readonly generation: number;
  readonly seq: number;
  readonly body: string;
  /** Lower-case hex. */
  readonly mac: string;
}

/** Port: signatures of documents, and what has to be there before one. All are of documents that the grant reaches, of the grant's type. */
export interface SignatureStore<Tx> {
  /** Every signature of a document, the oldest first. Needs `document.read` or `submission.sign`. */
  of(tx: Tx, grant: Grant, document: string): Promise<readonly StandingSignature[]>;
  /** Adds one. Needs `submission.sign`. @throws `signature.challenge` where this manifest was signed; `signature.state` where what it supersedes was superseded. */
  insert(tx: Tx, grant: Grant, signature: Omit<SignatureRow, "principal">): Promise<void>;
  /** Revokes one, by who gave it. Needs `submission.sign`. @throws `signature.state` where it was revoked. */
  revoke(tx: Tx, grant: Grant, signature: string, by: { readonly reason: string; readonly atMs: number }): Promise<void>;
  /** Notes that a piece of a version was handed out to a session. Needs `document.read`. */
  handedOut(
    tx: Tx,
    grant: Grant,
    piece: { readonly document: string; readonly version: number; readonly session: string; readonly from: number; readonly bytes: number; readonly atMs: number },
  ): Promise<void>;
  /** How many bytes of each version of a document were handed out to a session. */
  shown(tx: Tx, grant: Grant, document: string, session: string): Promise<ReadonlyMap<number, number>>;
  /** Where the trail tells of a signature; none until it can be found there. Needs `document.read`. */
  records(tx: Tx, grant: Grant, signature: string): Promise<readonly SignatureRecord[]>;
  /** When a person took their signatures to be binding, by this text's digest; null where they haven't. */
  acceptedAt(person: string, statement: string): Promise<number | null>;
  /** Keeps that they did; the first time counts. */
  accept(tx: Tx, person: string, statement: string, atMs: number): Promise<void>;
}
