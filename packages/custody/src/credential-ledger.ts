import { approvalDigest, type ApprovalStatement, enrolmentDigest, readApprovalStatement, type Standing } from "@sallyport/audit";
import { sha256Hex } from "@sallyport/crypto";
import { SallyportError } from "@sallyport/errors";
import { claimedAssertion, type Passkey, type PasskeyRules, readAttestation, type RelyingParty, strictRules, verifyAssertion } from "@sallyport/passkey";
import type { ApprovalEntry, CredentialEntry, CredentialStore, FoundingUse } from "./credential-kinds.ts";
import { foundersLeft, foundingLinkOf, useFoundingLink } from "./founding-links.ts";
import type { ApproveAnswers, ApproveRequest, EnrolmentBasis } from "./model.ts";

/** How far ahead of the custodian's clock the clock of who asked may be. */
const SKEW_MS = 5_000;
/** An approval is remembered this long after its statement's end: for lost answers, and for the enrolment that it allows. */
const REMEMBERED_MS = 2_592_000_000;
/** How long an enrolment that is approved may be done again with another passkey. */
const RETRY_MS = 900_000;
const KIND_OF = { invitation: "person.invite", recovery: "authenticator.recover" } as const;

type Request<K extends ApproveRequest["kind"]> = Extract<ApproveRequest, { readonly kind: K }>;

/** What an approval is held against, each by itself. A test that shows what one is for leaves it out; production takes {@link strictLedgerRules}. */
export interface LedgerRules extends PasskeyRules {
  /** Another person's credential proves nothing. */
  readonly ownCredential: boolean;
  /** A statement is in force between its two times. */
  readonly inForce: boolean;
  /** Who asked for an act, or whom it is about, doesn't approve it. */
  readonly separation: boolean;
  /** A founding link, and an approved enrolment, are good once. */
  readonly once: boolean;
}
export const strictLedgerRules: LedgerRules = { ...strictRules, ownCredential: true, inForce: true, separation: true, once: true };

/** The credential that an assertion was verified by. */
export interface AssertedCredential extends Pick<CredentialEntry, "publicKey" | "basis" | "standing"> {
  readonly credentialId: string;
}

export interface LedgerOptions {
  readonly store: CredentialStore;
  readonly deployment: string;
  readonly party: RelyingParty;
  readonly now: () => number;
  readonly rules?: LedgerRules;
}

/**
 * People's credentials as the custodian keeps them, and what they approved: taken in upon a basis that the custodian sees for itself or
 * marks as the api's word, counted, forgotten for good, each act durable and on record before it is answered.
 *
 * One act at a time, so that a count and a link are looked at and moved in one piece.
 */
export class CredentialLedger {
  readonly #store: CredentialStore;
  readonly #options: LedgerOptions;
  readonly #rules: LedgerRules;
  #turn: Promise<unknown> = Promise.resolve();

  constructor(options: LedgerOptions) {
    this.#store = options.store;
    this.#options = options;
    this.#rules = options.rules ?? strictLedgerRules;
  }

  founding({ secret }: Request<"founding">): ApproveAnswers["founding"] {
    const link = secret === undefined ? null : foundingLinkOf(this.#store, secret);
    return { foundersLeft: foundersLeft(this.#store), founder: link?.used === null ? link.founder : null, used: link?.used ? usedFor(link.used) : null };
  }

  /** @throws `enrolment.invalid`, `enrolment.refused`, `stepup.failed`, `approval.required`, `verb.invalid`. */
  enrol(request: Request<"enrol">): Promise<ApproveAnswers["enrol"]> {
    return this.#alone(async () => {
      const { person, attestation, basis } = request;
      if (attestation === null && basis.kind !== "founding") throw new SallyportError("verb.invalid", { why: "attestation" });
      const passkey = attestation === null ? null : readAttestation(this.#options.party, attestation, this.#rules);
      const known = passkey === null ? undefined : this.#store.get("credential", passkey.credentialId);
      if (known !== undefined && (known.person !== person || known.publicKey !== passkey?.publicKey || known.forgottenMs !== null))
        throw new SallyportError("enrolment.refused", { why: "known credential" });
      const standing = known === undefined ? await this.#takeIn(request, passkey) : known.standing;
      return { foundersLeft: foundersLeft(this.#store), credentialId: passkey?.credentialId ?? null, standing };
    });
  }

  /** @throws `stepup.failed`, `approval.state`, `policy.separation`, `verb.refused`, `verb.invalid`. */
  approve({ statement, person, response }: Request<"approve">): Promise<ApprovalEntry> {
    return this.#alone(async () => {
      const said = readApprovalStatement(statement);
      if (said === null) throw new SallyportError("verb.invalid", { why: "statement" });
      if (said.deployment !== this.#options.deployment) throw new SallyportError("verb.refused", { why: "deployment" });
      const digest = approvalDigest(statement);
      const id = `${digest} ${person}`;
      const given = this.#store.get("approval", id);
      const proof = sha256Hex(response);
      // The same answer to the same question: the first one may have been lost on the way.
      if (given?.proof === proof) return given;
      this.#assertInForce(said);
      this.#assertSeparate(said, person);
      const { credentialId, basis, standing } = await this.#assert(person, Buffer.from(digest, "hex"), response);
      const approval: ApprovalEntry = given ?? {
        digest,
        person,
        credentialId,
        basis,
        standing,
        at: new Date(this.#options.now()).toISOString(),
        proof,
        kind: said.kind,
        about: aboutOf(said),
        needed: said.needed,
        expiresMs: Date.parse(said.expiresAt),
        usedFor: null,
      };
      if (given === undefined) {
        this.#forgetOld();
        this.#store.put("approval", id, approval);
        this.#store.record("approval.verified", `approval/${digest.slice(0, 16)}`, `by=${person};kind=${said.kind};basis=${basis};standing=${standing}`);
      }
      await this.#store.durable();
      return approval;
    });
  }

  /** @throws `approval.required` for an approval that isn't one of this. */
  forget({ person, credentialIds, approval }: Request<"forget">): Promise<ApproveAnswers["forget"]> {
    return this.#alone(async () => {
      const word = approval === null ? "attested" : this.#approved(approval, KIND_OF.recovery, person).standing;
      let forgotten = 0;
      for (const id of new Set(credentialIds)) {
        const credential = this.#store.get("credential", id);
        if (credential?.person !== person || credential.forgottenMs !== null) continue;
        this.#store.put("credential", id, { ...credential, forgottenMs: this.#options.now() });
        this.#store.record("credential.forgotten", `person/${person}`, `credential=${markOf(id)};word=${word}`);
        forgotten += 1;
      }
      await this.#store.durable();
      return { forgotten };
    });
  }

  /** What an assertion by a credential of this person over a statement's digest is worth. @throws `stepup.failed`. */
  async prove(person: string, digest: string, response: string): Promise<Standing> {
    return (await this.asserted(person, digest, response)).standing;
  }

  /** By which credential of this person an assertion over a digest is. @throws `stepup.failed`. */
  asserted(person: string, digest: string, response: string): Promise<AssertedCredential> {
    return this.#alone(async () => {
      const credential = await this.#assert(person, Buffer.from(digest, "hex"), response);
      await this.#store.durable();
      return credential;
    });
  }

  async #takeIn({ person, attestation, basis }: Request<"enrol">, passkey: Passkey | null): Promise<Standing> {
    const credentialId = passkey?.credentialId ?? null;
    const before = foundersLeft(this.#store);
    const standing = await this.#standingOf(person, attestation ?? "", basis, credentialId);
    if (passkey !== null) {
      const { publicKey, counter } = passkey;
      this.#store.put("credential", passkey.credentialId, { person, publicKey, counter, basis: basis.kind, standing, atMs: this.#options.now(), forgottenMs: null });
    }
    if (passkey !== null || foundersLeft(this.#store) < before)
      this.#store.record("credential.enrolled", `person/${person}`, `credential=${credentialId === null ? "none" : markOf(credentialId)};basis=${basis.kind};standing=${standing}`);
    await this.#store.durable();
    return standing;
  }

  async #standingOf(person: string, attestation: string, basis: EnrolmentBasis, credentialId: string | null): Promise<Standing> {
    switch (basis.kind) {
      case "founding":
        if (this.#rules.once || foundingLinkOf(this.#store, basis.secret)?.used === null)
          useFoundingLink(this.#store, basis.secret, { person, credentialId, atMs: this.#options.now(), isSettled: false });
        return "proven";
      case "own":
        if (basis.response === null) return "attested";
        return (await this.#assert(person, Buffer.from(enrolmentDigest(person, attestation), "hex"), basis.response)).standing;
      case "invitation":
      case "recovery": {
        if (basis.approval === null) return "attested";
        const { entries, standing } = this.#approved(basis.approval, KIND_OF[basis.kind], person);
        if (this.#rules.once) for (const entry of entries) this.#giveBack(entry.usedFor);
        for (const entry of entries) this.#store.put("approval", `${entry.digest} ${entry.person}`, { ...entry, usedFor: credentialId });
        return standing;
      }
    }
  }

  /**
   * Ends the credential that an approved enrolment was used for, where that was just now: the api may have failed after it was taken in
   * here, and the person starts again with another one.
   */
  #giveBack(credentialId: string | null): void {
    if (credentialId === null) return;
    const credential = this.#store.get("credential", credentialId);
    const now = this.#options.now();
    if (credential === undefined || now - credential.atMs >= RETRY_MS) throw new SallyportError("approval.state", { why: "used" });
    if (credential.forgottenMs !== null) return;
    this.#store.put("credential", credentialId, { ...credential, forgottenMs: now });
    this.#store.record("credential.forgotten", `person/${credential.person}`, `credential=${markOf(credentialId)};word=replaced`);
  }

  /** An assertion by a credential of this very person; its count is moved at once, so the same one is never good again. */
  async #assert(person: string, challenge: Uint8Array, response: string): Promise<AssertedCredential> {
    const code = "stepup.failed";
    const { credentialId } = claimedAssertion(response, code);
    const credential: CredentialEntry | undefined = this.#store.get("credential", credentialId);
    if (credential === undefined || credential.forgottenMs !== null) throw new SallyportError(code, { why: "credential" });
    if (this.#rules.ownCredential && credential.person !== person) throw new SallyportError(code, { why: "other person" });
    const { publicKey, basis, standing } = credential;
    const { counter } = await verifyAssertion(
      { party: this.#options.party, challenge, passkey: { credentialId, publicKey, counter: credential.counter }, code },
      response,
      this.#rules,
    );
    this.#store.put("credential", credentialId, { ...credential, counter });
    return { credentialId, publicKey, basis, standing };
  }

  /** The approvals of this statement, as many persons as it needs. The weakest of them is what they are worth together. */
  #approved(digest: string, kind: string, about: string): { readonly entries: readonly ApprovalEntry[]; readonly standing: Standing } {
    const entries = [...this.#store.all("approval").values()].filter((entry) => entry.digest === digest && entry.kind === kind && entry.about === about);
    if (entries.length === 0 || entries.length < (entries[0]?.needed ?? 1)) throw new SallyportError("approval.required", { why: kind });
    return { entries, standing: entries.every(({ standing }) => standing === "proven") ? "proven" : "attested" };
  }

  #assertInForce({ requestedAt, expiresAt }: ApprovalStatement): void {
    const now = this.#options.now();
    if (this.#rules.inForce && (now < Date.parse(requestedAt) - SKEW_MS || now >= Date.parse(expiresAt))) throw new SallyportError("approval.state", { why: "time" });
  }

  #assertSeparate(said: ApprovalStatement, person: string): void {
    if (this.#rules.separation && (said.requestedByPerson === person || aboutOf(said) === person)) throw new SallyportError("policy.separation");
  }

  #forgetOld(): void {
    for (const [id, { expiresMs }] of this.#store.all("approval")) if (expiresMs + REMEMBERED_MS < this.#options.now()) this.#store.put("approval", id, null);
  }

  #alone<T>(act: () => Promise<T>): Promise<T> {
    const mine = this.#turn.then(act);
    this.#turn = mine.catch(() => undefined);
    return mine;
  }
}

const usedFor = ({ person, credentialId }: FoundingUse): ApproveAnswers["founding"]["used"] => ({ person, credentialId });

const aboutOf = ({ payload }: ApprovalStatement): string | null => (typeof payload["personId"] === "string" ? payload["personId"] : null);

/** How the trail names a credential: short, and of no use to find it at an authenticator. */
const markOf = (credentialId: string): string => sha256Hex(credentialId).slice(0, 16);
