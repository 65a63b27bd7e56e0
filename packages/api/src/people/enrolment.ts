import type { EnrolledOutput, EnrolOptionsOutput, EnrolPasskeyInput, EnrolPasswordInput, OpenEnrolmentOutput, TotpOptionsOutput } from "@sallyport/contracts";
import { canonicalJson, newId, sha256Hex } from "@sallyport/crypto";
import { SallyportError } from "@sallyport/errors";
import { type Authenticator, type Ceremony, type CeremonyPurpose, type Link, newTotpSecret, passwordFault, type Person, totpStep, totpUri } from "@sallyport/people";
import type { z } from "zod";
import { ADMINISTRATOR_ROLE } from "./administrators.ts";
import { authenticatorSummary } from "./summaries.ts";
import { type Asking, CEREMONY_MS, type PeopleDeps } from "./people-deps.ts";
import { personRecord } from "./person-record.ts";
import type { EnrolBasis } from "./ports.ts";

const CHALLENGE_BYTES = 32;
const ISSUER = "Sallyport";

/** Whose enrolment a secret opens. A founder is nobody yet, and gives their own names. */
type Opened = { readonly kind: "founding"; readonly founder: 1 | 2; readonly person: null } | { readonly kind: Link["kind"]; readonly link: Link; readonly person: Person };

interface Names {
  readonly secret: string;
  readonly username: string;
  readonly printedName: string;
}

/** Enrolling by a one-time link, in which nothing is stored before the authenticator is proven. Every link that isn't good is `enrolment.invalid`. */
export class Enrolment<Tx> {
  readonly #deps: PeopleDeps<Tx>;

  constructor(deps: PeopleDeps<Tx>) {
    this.#deps = deps;
  }

  /** What a link is for. */
  async open(secret: string): Promise<OpenEnrolmentOutput> {
    const opened = await this.#open(secret);
    if (opened.person === null) return { kind: "founding", username: null, printedName: null, founder: opened.founder, expiresAt: null };
    const { kind, link, person } = opened;
    return { kind, username: person.username, printedName: person.printedName, founder: null, expiresAt: new Date(link.expiresMs).toISOString() };
  }

  async passkeyOptions(names: Names): Promise<z.output<typeof EnrolOptionsOutput>> {
    const opened = await this.#open(names.secret, names);
    const challenge = this.#deps.random(CHALLENGE_BYTES);
    const person = opened.person?.id ?? newId("per");
    const ceremony = await this.#put("enrol_passkey", names, person, () => Promise.resolve(challenge.toString("base64url")));
    const { username, printedName } = names;
    return { ceremony, options: await this.#deps.passkeys.registrationOptions({ challenge, person, username, printedName, exclude: [] }) };
  }

  async byPasskey(input: z.output<typeof EnrolPasskeyInput>, asking: Asking): Promise<EnrolledOutput> {
    const { now, stores, passkeys } = this.#deps;
    const opened = await this.#open(input.secret, input);
    const ceremony = await stores.ceremonies.take(input.ceremony, "enrol_passkey", now());
    const person = personOf(ceremony, input);
    const { attestationObject, ...credential } = await passkeys.verifyRegistration(Buffer.from(ceremony?.expected ?? "", "base64url"), input.response);
    const made = this.#authenticator("passkey", person, input.label, opened);
    return this.#enrol({ opened, names: input, made, attestation: attestationObject }, (tx) => stores.people.addPasskey(tx, { ...made, ...credential }), asking);
  }

  async totpOptions(names: Names): Promise<z.output<typeof TotpOptionsOutput>> {
    const opened = await this.#open(names.secret, names);
    const secret = newTotpSecret(this.#deps.random);
    const ceremony = await this.#put("enrol_totp", names, opened.person?.id ?? newId("per"), (id) => this.#deps.key.seal(id, secret));
    return { ceremony, secret, uri: totpUri(secret, ISSUER, names.username) };
  }

  /** Throws `password.weak` and `totp.mismatch`, after both of which the same secret may be tried again. */
  async byPassword(input: z.output<typeof EnrolPasswordInput>, asking: Asking): Promise<EnrolledOutput> {
    const { now, stores, key, hasher } = this.#deps;
    const opened = await this.#open(input.secret, input);
    const ceremony = await stores.ceremonies.read(input.ceremony, "enrol_totp", now());
    const person = personOf(ceremony, input);
    if (passwordFault(input.password, [input.username, input.printedName]) !== null) throw new SallyportError("password.weak");
    const secret = await key.open(input.ceremony, ceremony?.expected ?? "");
    const lastStep = totpStep(secret, input.totp, now());
    if (lastStep === null) throw new SallyportError("totp.mismatch");
    const pair = { hash: await hasher.hash(input.password), sealedTotp: await key.seal(person, secret), lastStep };
    if ((await stores.ceremonies.take(input.ceremony, "enrol_totp", now())) === null) throw new SallyportError("enrolment.invalid");
    const made = this.#authenticator("password", person, "Password and code", opened);
    return this.#enrol({ opened, names: input, made, attestation: null }, (tx) => stores.people.setPassword(tx, { ...made, ...pair, kind: "password" }), asking);
  }

  async #open(secret: string, names?: Names): Promise<Opened> {
    const { now, stores, credentials, knocks } = this.#deps;
    const link = await stores.links.open(sha256Hex(secret), now());
    const person = link === null ? null : await stores.people.byId(link.person);
    if (link !== null && person !== null && (person.status === "invited" || person.status === "recovering")) {
      if (names === undefined || (names.username === person.username && names.printedName === person.printedName)) return { kind: link.kind, link, person };
    }
    const { founder } = link === null ? await credentials.founding(secret) : { founder: null };
    if (founder !== null) return { kind: "founding", founder, person: null };
    knocks.count("signin", "enrolment.invalid");
    throw new SallyportError("enrolment.invalid");
  }

  async #put(purpose: CeremonyPurpose, names: Names, person: string, expected: (id: string) => Promise<string>): Promise<string> {
    const { now, stores } = this.#deps;
    const id = newId("cer");
    await stores.ceremonies.put({ id, purpose, binding: bindingOf(names, person), expected: await expected(id), expiresMs: now() + CEREMONY_MS });
    return id;
  }

  #authenticator<K extends Authenticator["kind"]>(kind: K, person: string, label: string, { kind: basis }: Opened): Authenticator & { readonly kind: K } {
    return { id: newId("aut"), person, kind, label, basis, addedAtMs: this.#deps.now(), lastUsedAtMs: null };
  }

  /**
   * Stores the person, what they hold, and the record, together. The custodian is told last before the record: what it refuses is rolled
   * back, and a founding link that it used up has its person.
   */
  async #enrol(
    { opened, names, made, attestation }: { readonly opened: Opened; readonly names: Names; readonly made: Authenticator; readonly attestation: string | null },
    store: (tx: Tx) => Promise<void>,
    { peer, requestId }: Asking,
  ): Promise<EnrolledOutput> {
    const { now, stores, credentials, trail, policy, evidence } = this.#deps;
    const { username, printedName } = names;
    const foundersLeft = await trail.inTransaction(async (tx, appendLast) => {
      let principal: string;
      if (opened.person === null) {
        principal = newId("prn");
        await stores.people.register(tx, { id: made.person, principal, username, printedName, status: "active" });
        await stores.people.assign(tx, principal, { role: ADMINISTRATOR_ROLE, study: "*", site: "*", fromMs: now(), untilMs: null });
      } else {
        principal = opened.person.principal;
        const locked = await stores.people.lock(tx, made.person);
        if (locked?.status !== opened.person.status || !(await stores.links.use(tx, sha256Hex(names.secret), now()))) throw new SallyportError("enrolment.invalid");
        await stores.people.setStatus(tx, made.person, "active", now());
      }
      await store(tx);
      const basis: EnrolBasis = opened.person === null ? { kind: "founding", secret: names.secret } : { kind: opened.kind, approval: opened.link.approval };
      const isKnown = attestation !== null || opened.person === null;
      const left = isKnown ? (await credentials.enrol(made.person, attestation, basis)).foundersLeft : 0;
      const detail = { authenticator: made.id, kind: made.kind, basis: made.basis, ...(opened.person === null && { role: `${ADMINISTRATOR_ROLE}@*/*` }) };
      const record = { principal, workload: peer.spiffe, action: "enrol", resource: `person/${made.person}`, requestId, policy: "-" } as const;
      await appendLast([personRecord({ ...record, decision: "allow", reason: "allowed", detail })]);
      return left;
    });
    await policy.refresh();
    // It grants a role, so it is checkpointed before the answer; where that can't be now, the next round does it, and the act stands.
    if (opened.person === null) await evidence.checkpoint(["system"]).catch(() => undefined);
    return { personId: made.person, username, authenticator: authenticatorSummary(made), foundersLeft };
  }
}

/** What a ceremony is bound to: the link, the names that were given, and the person that they will be. */
const bindingOf = ({ secret, username, printedName }: Names, person: string): string => canonicalJson([sha256Hex(secret), username, printedName, person]);

/** The person that a ceremony was begun for, with the same link and names. Throws `enrolment.refused`. */
function personOf(ceremony: Ceremony | null, names: Names): string {
  const [, , , person] = ceremony === null ? [] : (JSON.parse(ceremony.binding) as readonly string[]);
  if (ceremony === null || person === undefined || ceremony.binding !== bindingOf(names, person)) throw new SallyportError("enrolment.refused");
  return person;
}
