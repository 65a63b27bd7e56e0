import { newId, sha256Hex } from "@sallyport/crypto";
import { pdfOf } from "@sallyport/testkit";
import type { Reply } from "./door-client.ts";
import { STUDY } from "./dataset.ts";
import { type Desk, type Enrolled, PASSWORD, type SignedIn } from "./people.ts";
import { releasedDocuments } from "./released-documents.ts";
import { type Api, dataOf, type Deployment } from "./stack.ts";

/** Somebody who is signed in, with what they sign by. */
export interface Signer {
  readonly who: Enrolled;
  readonly session: SignedIn;
}

/** What is to be signed. */
export interface Begun {
  readonly ceremony: string;
  readonly manifest: string;
  readonly digest: string;
  readonly options: string | null;
}

export interface Shown {
  readonly maySign: boolean;
  readonly versions: readonly {
    readonly version: number;
    readonly sha256: string;
    readonly isShown: boolean;
    readonly isMine: boolean;
    readonly signatures: readonly Readonly<Record<string, unknown>>[];
  }[];
}

let letters = 0;
/** A document that nobody has brought in yet. */
export const letter = (): Buffer => pdfOf([`(letter ${(letters += 1)} ${Date.now()})`]);

/** Puts into the database that somebody else looked at who a person is, as an administrator would have. */
export async function identified(at: Deployment, person: string): Promise<void> {
  const reason = newId("chg");
  await at.owner.run`INSERT INTO audit.changes (id, request_id, sealed, commitment) VALUES (${reason}, '-', '-', '-')`;
  await at.owner.run`
    INSERT INTO people.identity_checks (person, at_ms, checked_by, how, reason)
    SELECT ${person}, 1, p.id, 'document', ${reason} FROM people.persons p WHERE p.id <> ${person} LIMIT 1`;
}

/** The steps of signing as people take them, at one api. */
export class SigningDesk {
  readonly #api: Api;
  readonly #desk: Desk;

  constructor(api: Api, desk: Desk) {
    this.#api = api;
    this.#desk = desk;
  }

  /** Somebody with these roles at a place, signed in, who has taken the statement. */
  async signer(username: string, kind: "passkey" | "password", roles: readonly string[], { site = "*", accepts = true, isIdentified = true, place = STUDY } = {}): Promise<Signer> {
    const [role = "", ...more] = roles;
    const who = await this.#desk.person(this.#api, username, kind, { role, study: place, site });
    for (const each of more) {
      await this.#desk.at.owner.run`
        INSERT INTO policy.assignments (principal, role, study, site, from_ms) SELECT principal, ${each}, ${place}, ${site}, 0 FROM people.persons WHERE id = ${who.personId}`;
    }
    await this.#api.process.policy.refresh();
    if (isIdentified) await identified(this.#desk.at, who.personId);
    const signer = { who, session: await this.#desk.signIn(this.#api, who) };
    if (accepts) dataOf(await this.accept(signer));
    return signer;
  }

  call({ session }: Signer, procedure: string, input: object, key?: string): Promise<Reply> {
    return this.#desk.call(this.#api, session, procedure, input, key);
  }

  /** Brings a document of this person's in, and has it released. */
  async brought({ session }: Signer, bytes: Buffer, { site = "701" as string | null, replaces = undefined as string | undefined } = {}): Promise<string> {
    const sender = { client: this.#desk.client(this.#api), token: session.token };
    const [id] = await releasedDocuments(this.#desk.at, this.#api, sender, [{ bytes, type: "ectd_sequence", site, ...(replaces !== undefined && { replaces }) }]);
    return id ?? "";
  }

  async accept(signer: Signer): Promise<Reply> {
    const { digest } = dataOf(await this.call(signer, "signatures.statement", {})) as { digest: string };
    return this.call(signer, "signatures.accept", { digest });
  }

  async get(signer: Signer, documentId: string): Promise<Shown> {
    return dataOf(await this.call(signer, "documents.getSequence", { documentId })) as Shown;
  }

  /** Has a version shown, piece by piece. */
  async view(signer: Signer, documentId: string, version = 1): Promise<Buffer> {
    const pieces: Buffer[] = [];
    for (let from: number | null = 0; from !== null; ) {
      const piece: { content: string; next: number | null } = dataOf(await this.call(signer, "documents.viewSequence", { documentId, version, from, purpose: "view" })) as {
        content: string;
        next: number | null;
      };
      pieces.push(Buffer.from(piece.content, "base64"));
      from = piece.next;
    }
    return Buffer.concat(pieces);
  }

  /** Looks at a version and asks for what is to be signed of it. */
  async ask(signer: Signer, documentId: string, meaning: string, { version = 1, supersedes = undefined as string | undefined } = {}): Promise<Reply> {
    const bytes = await this.view(signer, documentId, version);
    return this.call(signer, "signatures.begin", { documentId, version, sha256: sha256Hex(bytes), meaning, ...(supersedes !== undefined && { supersedes }) });
  }

  async begin(signer: Signer, documentId: string, meaning: string, more: { readonly version?: number; readonly supersedes?: string } = {}): Promise<Begun> {
    return dataOf(await this.ask(signer, documentId, meaning, more)) as Begun;
  }

  /** What this person shows over what was begun. */
  async proof({ who }: Signer, { options, digest }: Pick<Begun, "options" | "digest">): Promise<object> {
    if (who.authenticator === null) return { kind: "password", password: PASSWORD, totp: await this.#desk.code(who) };
    return { kind: "passkey", response: options === null ? who.authenticator.assert(Buffer.from(digest, "hex")) : who.authenticator.get(options) };
  }

  async complete(signer: Signer, documentId: string, begun: Begun, key?: string): Promise<Reply> {
    // An archive is shown nowhere.
    const read = begun.manifest.includes('"application/zip"') ? "copy" : "shown";
    return this.call(signer, "signatures.complete", { documentId, ceremony: begun.ceremony, read, proof: await this.proof(signer, begun) }, key);
  }

  /** All of it; answers the signature. */
  async sign(
    signer: Signer,
    documentId: string,
    meaning: string,
    more: { readonly version?: number; readonly supersedes?: string } = {},
  ): Promise<Readonly<Record<string, unknown>>> {
    const done = dataOf(await this.complete(signer, documentId, await this.begin(signer, documentId, meaning, more))) as { signature: Readonly<Record<string, unknown>> };
    return done.signature;
  }
}
