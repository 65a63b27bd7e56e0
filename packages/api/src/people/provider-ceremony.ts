import { sha256Hex } from "@sallyport/crypto";
import { SallyportError } from "@sallyport/errors";
import type { Ceremony, PeopleStores } from "@sallyport/people";
import { CEREMONY_MS, newSecret, type PeopleDeps } from "./people-deps.ts";
import type { PeopleKey } from "./people-key.ts";
import type { IdentityProvider, ProviderRequest } from "./ports.ts";

/** What a visit to the provider is for. The letter opens the state, so that the page that the browser comes back to knows what to ask. */
const LETTERS = { provider_sign_in: "s", provider_link: "l" } as const;
type Purpose = keyof typeof LETTERS;

type CeremonyDeps<Tx> = Pick<PeopleDeps<Tx>, "now" | "random" | "provider"> & {
  readonly stores: Pick<PeopleStores<Tx>, "ceremonies">;
  readonly key: Pick<PeopleKey, "ofState">;
};

/** The external provider. Throws `input.not_found` where there is none: then there is no such way in. */
export function providerOf(provider: IdentityProvider | null): IdentityProvider {
  if (provider === null) throw new SallyportError("input.not_found");
  return provider;
}

/** Begins a visit to the provider; answers where the browser goes. The store knows the state by its hash, and nothing else of it; it is good once, for five minutes. */
export async function beginVisit<Tx>(deps: CeremonyDeps<Tx>, { purpose, ...bound }: { readonly purpose: Purpose } & Pick<Ceremony, "binding" | "expected">): Promise<string> {
  const state = `${LETTERS[purpose]}.${newSecret(deps.random)}`;
  const url = await providerOf(deps.provider).authorizationUrl({ state, ...(await deps.key.ofState(state)) });
  await deps.stores.ceremonies.put({ id: sha256Hex(state), purpose, ...bound, expiresMs: deps.now() + CEREMONY_MS });
  return url;
}

/** The state that an answer of the provider's names, with what was sent beside it; null where it names none, or several. */
export async function requestOf(key: Pick<PeopleKey, "ofState">, query: string): Promise<(ProviderRequest & { readonly id: string }) | null> {
  const [state, ...others] = new URLSearchParams(query).getAll("state");
  return state === undefined || others.length > 0 ? null : { id: sha256Hex(state), state, ...(await key.ofState(state)) };
}
