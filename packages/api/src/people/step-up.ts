import { codeOf, SallyportError } from "@sallyport/errors";
import type { Person } from "@sallyport/people";
import { AttemptGate } from "./attempt-gate.ts";
import { PasswordCheck } from "./password-check.ts";
import type { PeopleDeps } from "./people-deps.ts";
import type { Proven, StepUp, StepUpProof } from "./ports.ts";

type StepUpDeps<Tx> = Pick<PeopleDeps<Tx>, "now" | "stores" | "key" | "hasher" | "passkeys" | "credentials" | "transaction" | "lockout" | "later" | "knocks">;

/** Where a step-up comes from is on record by its crossing; a lockout that it causes names the boundary. */
const ASKING = { peer: { spiffe: "-", x5t: "-" }, requestId: "-" } as const;

/** {@link StepUp} over the stores and the custodian, counted as signing in is. */
export class PersonStepUp<Tx> implements StepUp {
  readonly #deps: StepUpDeps<Tx>;
  readonly #gate: AttemptGate<Tx>;
  readonly #check: PasswordCheck<Tx>;

  constructor(deps: StepUpDeps<Tx>) {
    this.#deps = deps;
    this.#gate = new AttemptGate(deps);
    this.#check = new PasswordCheck(deps);
  }

  verify(person: string, proof: StepUpProof, statement: string): Promise<Proven> {
    return this.#prove(person, proof, (response) => this.#deps.credentials.approve(statement, person, response));
  }

  sign(person: string, proof: StepUpProof, manifest: string): Promise<Proven> {
    return this.#prove(person, proof, (response) => this.#deps.credentials.sign(manifest, response));
  }

  async attest(person: string, proof: StepUpProof, digest: string): Promise<void> {
    await this.#prove(person, proof, async (response) => {
      const { stores, passkeys, transaction, now } = this.#deps;
      const passkey = await stores.people.passkeyOf(passkeys.claimed(response, "stepup.failed"));
      if (passkey?.person !== person) throw new SallyportError("stepup.failed");
      const counter = await passkeys.verifyAssertion(Buffer.from(digest, "hex"), passkey, response, "stepup.failed");
      if (!(await transaction((tx) => stores.people.usePasskey(tx, passkey.credentialId, counter, now())))) throw new SallyportError("stepup.failed");
      return { note: null };
    });
  }

  async withOwn(person: string, proof: StepUpProof, add: (response: string | null) => Promise<unknown>): Promise<void> {
    await this.#prove(person, proof, async (response) => {
      await add(response);
      return { note: null };
    });
    if (proof.kind === "password") await add(null);
  }

  async #prove(personId: string, proof: StepUpProof, passkey: (response: string) => Promise<{ readonly note: string | null }>): Promise<Proven> {
    const person = await this.#deps.stores.people.byId(personId);
    if (person?.status !== "active") throw new SallyportError("stepup.failed");
    const attempt = { username: person.username, person, method: proof.kind };
    const outcome = await this.#gate.evaluate(attempt, ASKING, () => (proof.kind === "passkey" ? refusable(() => passkey(proof.response)) : this.#byPassword(person, proof)));
    if (outcome === "locked") throw new SallyportError("signin.locked");
    if (outcome === null) throw new SallyportError("stepup.failed");
    return proof.kind === "passkey" ? { proof: "passkey", note: outcome.note } : { proof: "server-attested", note: null };
  }

  async #byPassword(person: Person, { password, totp }: Extract<StepUpProof, { kind: "password" }>): Promise<{ readonly note: null } | null> {
    const { stores, transaction, now } = this.#deps;
    const step = await this.#check.step(person, password, totp);
    if (step === null) return null;
    const isTaken = await transaction((tx) => stores.people.useStep(tx, person.id, step, now()));
    return isTaken ? { note: null } : null;
  }
}

/** A proof that doesn't verify is an answer; everything else that goes wrong is thrown. */
async function refusable<T>(verify: () => Promise<T>): Promise<T | null> {
  try {
    return await verify();
  } catch (error) {
    if (codeOf(error) === "stepup.failed") return null;
    throw error;
  }
}
