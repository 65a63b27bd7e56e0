import { newTotpSecret, type Person, totpStep } from "@sallyport/people";
import type { PeopleDeps } from "./people-deps.ts";

type CheckDeps<Tx> = Pick<PeopleDeps<Tx>, "now" | "stores" | "key" | "hasher">;

const NOBODY = "per_nobody";

/**
 * Checks a password and its TOTP together, and always both, so that neither the answer nor its time says which was wrong, or whether
 * there is anybody: for nobody the same look-ups, the same hash and the same code are worked out over what nobody knows.
 */
export class PasswordCheck<Tx> {
  readonly #deps: CheckDeps<Tx>;
  readonly #nobodysTotp = newTotpSecret();
  #nobodysSealed: Promise<string> | null = null;

  constructor(deps: CheckDeps<Tx>) {
    this.#deps = deps;
  }

  /** Makes what the first check needs, so that it takes no longer than the others. */
  async warm(): Promise<void> {
    await this.#deps.hasher.nobodys();
    await this.#sealedForNobody();
  }

  /** The time step of the code, to be taken by {@link PeopleStore.useStep}; null where anything was wrong. */
  async step(person: Person | null, password: string, totp: string): Promise<number | null> {
    const { now, stores, key, hasher } = this.#deps;
    const pair = await stores.people.passwordOf(person?.id ?? NOBODY);
    const isPassword = await hasher.matches(pair?.hash ?? null, password);
    const secret = await key.open(pair?.person ?? NOBODY, pair?.sealedTotp ?? (await this.#sealedForNobody()));
    const step = totpStep(secret, totp, now());
    return pair !== null && isPassword && step !== null && step > pair.lastStep ? step : null;
  }

  #sealedForNobody(): Promise<string> {
    this.#nobodysSealed ??= this.#deps.key.seal(NOBODY, this.#nobodysTotp).catch((error: unknown) => {
      this.#nobodysSealed = null;
      throw error;
    });
    return this.#nobodysSealed;
  }
}
