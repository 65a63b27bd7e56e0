import type { SessionOutput, SignInOptionsOutput, SignInPasskeyInput, SignInPasswordInput } from "@sallyport/contracts";
import { newId } from "@sallyport/crypto";
import { codeOf } from "@sallyport/errors";
import type { Passkey, Person } from "@sallyport/people";
import type { z } from "zod";
import { AttemptGate } from "./attempt-gate.ts";
import { PasswordCheck } from "./password-check.ts";
import { type Asking, CEREMONY_MS, type PeopleDeps } from "./people-deps.ts";
import { Sessions } from "./session-opening.ts";
import { assertFounded, refuseSignIn } from "./sign-in-rules.ts";

const CHALLENGE_BYTES = 32;

/**
 * Signing in. Whatever was not proven, and by whom, the answer is `signin.failed`: for a name that nobody has, a wrong password, a wrong
 * code, a method that is locked, somebody who is suspended. Known persons' failures are records, others' are counted.
 */
export class SignIn<Tx> {
  readonly #deps: PeopleDeps<Tx>;
  readonly #gate: AttemptGate<Tx>;
  readonly #check: PasswordCheck<Tx>;
  readonly #sessions: Sessions<Tx>;

  constructor(deps: PeopleDeps<Tx>) {
    this.#deps = deps;
    this.#gate = new AttemptGate(deps);
    this.#check = new PasswordCheck(deps);
    this.#sessions = new Sessions(deps);
  }

  /** Makes what the first sign-in would else have to wait for. */
  warm(): Promise<void> {
    return this.#check.warm();
  }

  /** A challenge for any discoverable credential. Throws `founding.unfinished` until both founders have enrolled. */
  async passkeyOptions(): Promise<z.output<typeof SignInOptionsOutput>> {
    const { now, random, stores, passkeys } = this.#deps;
    await assertFounded(this.#deps);
    const challenge = random(CHALLENGE_BYTES);
    const ceremony = newId("cer");
    await stores.ceremonies.put({ id: ceremony, purpose: "sign_in", binding: "", expected: challenge.toString("base64url"), expiresMs: now() + CEREMONY_MS });
    return { ceremony, options: await passkeys.assertionOptions(challenge, []) };
  }

  async byPasskey({ ceremony, response }: z.output<typeof SignInPasskeyInput>, asking: Asking): Promise<SessionOutput> {
    const { now, stores, passkeys } = this.#deps;
    await assertFounded(this.#deps);
    const taken = await stores.ceremonies.take(ceremony, "sign_in", now());
    const passkey = await this.#claimed(response);
    const person = passkey === null ? null : await stores.people.byId(passkey.person);
    // Only assertions of a credential that somebody has are counted, so nobody who lacks it can lock a passkey out.
    if (taken === null || passkey === null || person === null) return this.#fail(person, "passkey", asking);
    const outcome = await this.#gate.evaluate({ username: person.username, person, method: "passkey" }, asking, async () => {
      const counter = await this.#verified(() => passkeys.verifyAssertion(Buffer.from(taken.expected, "base64url"), passkey, response, "signin.failed"));
      if (counter === null) return null;
      const use = (tx: Tx): Promise<boolean> => stores.people.usePasskey(tx, passkey.credentialId, counter, now());
      return this.#sessions.open({ person, method: "passkey", action: "signin", use }, asking);
    });
    return outcome === null || outcome === "locked" ? this.#fail(person, "passkey", asking, outcome) : outcome;
  }

  async byPassword({ username, password, totp }: z.output<typeof SignInPasswordInput>, asking: Asking): Promise<SessionOutput> {
    const { now, stores } = this.#deps;
    await assertFounded(this.#deps);
    const person = await stores.people.byUsername(username);
    const outcome = await this.#gate.evaluate({ username, person, method: "password" }, asking, async () => {
      const step = await this.#check.step(person, password, totp);
      if (person === null || step === null) return null;
      return this.#sessions.open({ person, method: "password", action: "signin", use: (tx) => stores.people.useStep(tx, person.id, step, now()) }, asking);
    });
    return outcome === null || outcome === "locked" ? this.#fail(person, "password", asking, outcome) : outcome;
  }

  async #claimed(response: string): Promise<Passkey | null> {
    const id = await this.#verified(() => this.#deps.passkeys.claimed(response, "signin.failed"));
    return id === null ? null : this.#deps.stores.people.passkeyOf(id);
  }

  async #verified<T>(verify: () => T | Promise<T>): Promise<T | null> {
    try {
      return await verify();
    } catch (error) {
      if (codeOf(error) === "signin.failed") return null;
      throw error;
    }
  }

  #fail(person: Person | null, method: "passkey" | "password", asking: Asking, outcome: "locked" | null = null): never {
    return refuseSignIn(this.#deps, { person, method, isLocked: outcome === "locked" }, asking);
  }
}
