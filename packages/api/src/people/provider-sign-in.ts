import type { MethodsOutput, ProviderOptionsOutput, SessionOutput, SignInProviderInput } from "@sallyport/contracts";
import { sha256Hex } from "@sallyport/crypto";
import type { Identity, Person } from "@sallyport/people";
import type { z } from "zod";
import { AttemptGate } from "./attempt-gate.ts";
import { type Asking, newSecret, type PeopleDeps } from "./people-deps.ts";
import { beginVisit, providerOf, requestOf } from "./provider-ceremony.ts";
import { Sessions } from "./session-opening.ts";
import { assertFounded, refuseSignIn } from "./sign-in-rules.ts";

interface Known {
  readonly identity: Identity;
  readonly person: Person;
}

/**
 * Signing in by an external provider. Who comes back from it is let in as the person who linked that very identity (issuer and subject) to
 * themselves, never by a name or an address that the provider tells; everything else is `signin.failed`.
 */
export class ProviderSignIn<Tx> {
  readonly #deps: PeopleDeps<Tx>;
  readonly #gate: AttemptGate<Tx>;
  readonly #sessions: Sessions<Tx>;

  constructor(deps: PeopleDeps<Tx>) {
    this.#deps = deps;
    this.#gate = new AttemptGate(deps);
    this.#sessions = new Sessions(deps);
  }

  /** By what people can sign in here. */
  methods(): MethodsOutput {
    const { provider } = this.#deps;
    return provider === null ? { methods: ["passkey", "password"], provider: null } : { methods: ["passkey", "password", "provider"], provider: new URL(provider.issuer).host };
  }

  /** Where the browser goes, and what it has to show when it comes back. Throws `input.not_found`, `founding.unfinished`, `service.unavailable`. */
  async options({ peer }: Asking): Promise<ProviderOptionsOutput> {
    providerOf(this.#deps.provider);
    await assertFounded(this.#deps);
    const browser = newSecret(this.#deps.random);
    const url = await beginVisit(this.#deps, { purpose: "provider_sign_in", binding: peer.spiffe, expected: sha256Hex(browser) });
    return { url, browser };
  }

  /** Signs in whoever the provider sent back. Throws as {@link options}, and `signin.failed`. */
  async signIn(input: z.output<typeof SignInProviderInput>, asking: Asking): Promise<SessionOutput> {
    const { now, stores } = this.#deps;
    providerOf(this.#deps.provider);
    await assertFounded(this.#deps);
    const known = await this.#known(input, asking);
    // Only who has proven a linked identity is counted, so nobody else can lock it.
    if (known === null) return refuseSignIn(this.#deps, { person: null, method: "provider", isLocked: false }, asking);
    const { identity, person } = known;
    const outcome = await this.#gate.evaluate({ username: person.username, person, method: "provider" }, asking, () => {
      const use = (tx: Tx): Promise<boolean> => stores.identities.use(tx, identity.id, now());
      return this.#sessions.open({ person, method: "provider", action: "signin", use }, asking);
    });
    if (outcome === null || outcome === "locked") return refuseSignIn(this.#deps, { person, method: "provider", isLocked: outcome === "locked" }, asking);
    return outcome;
  }

  async #known({ query, browser }: z.output<typeof SignInProviderInput>, { peer }: Asking): Promise<Known | null> {
    const { now, stores, key, provider } = this.#deps;
    const request = await requestOf(key, query);
    const taken = request === null ? null : await stores.ceremonies.take(request.id, "provider_sign_in", now());
    // Begun at another workload or in another browser: whoever's answer this is, it isn't this browser's.
    if (request === null || taken === null || taken.binding !== peer.spiffe || taken.expected !== sha256Hex(browser)) return null;
    const proven = await providerOf(provider).identify(query, request);
    const identity = proven === null ? null : await stores.identities.byName(await key.identityOf(proven.issuer, proven.subject));
    const person = identity === null ? null : await stores.people.byId(identity.person);
    return identity === null || person === null ? null : { identity, person };
  }
}
