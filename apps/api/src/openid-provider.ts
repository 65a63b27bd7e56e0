import type { EventLog, IdentityProvider, ProviderRequest } from "@sallyport/api";
import { SallyportError } from "@sallyport/errors";
import {
  allowInsecureRequests,
  authorizationCodeGrant,
  buildAuthorizationUrl,
  calculatePKCECodeChallenge,
  ClientError,
  ClientSecretBasic,
  ClientSecretPost,
  type Configuration,
  customFetch,
  discovery,
  enableNonRepudiationChecks,
  ResponseBodyError,
  WWWAuthenticateChallengeError,
} from "openid-client";
import { providerFetch } from "./provider-fetch.ts";

/** What the operator chose. */
export interface ProviderSettings {
  readonly issuer: string;
  readonly clientId: string;
  readonly clientSecret: string;
}

export interface OpenIdProviderOptions extends ProviderSettings {
  /** The page of the console that the provider sends browsers back to. */
  readonly redirectUri: string;
  readonly now: () => number;
  readonly log: EventLog;
}

/** For the whole of one step, whatever it takes. */
const DEADLINE_MS = 2500;
/** Steps that wait for the provider at once: beyond, it is asked nothing more, whoever presses. */
const UNDER_WAY_MAX = 32;
/** How long what the provider says of itself is believed; its keys are asked for again by the client, as it needs them. */
const METADATA_MS = 10 * 60_000;
/** The provider may remember its people for longer; here they have to have proven themselves within this time. In seconds. */
const MAX_AGE_S = 300;
/** The provider knows the code and doesn't take the client's word for it: what to mend is in the settings. */
const CLIENT_REFUSED = new Set(["invalid_client", "unauthorized_client", "unsupported_grant_type"]);

/** {@link IdentityProvider} by `openid-client`. The provider is asked about itself when it is first needed, so the api starts without it. */
export class OpenIdProvider implements IdentityProvider {
  readonly #options: OpenIdProviderOptions;
  #underWay = 0;
  #known: { readonly configuration: Promise<Configuration>; readonly untilMs: number } | null = null;

  constructor(options: OpenIdProviderOptions) {
    this.#options = options;
  }

  get issuer(): string {
    return this.#options.issuer;
  }

  authorizationUrl({ state, nonce, verifier }: ProviderRequest): Promise<string> {
    return this.#inTime(async () => {
      const url = buildAuthorizationUrl(await this.#configuration(), {
        redirect_uri: this.#options.redirectUri,
        scope: "openid",
        response_type: "code",
        state,
        nonce,
        max_age: String(MAX_AGE_S),
        code_challenge: await calculatePKCECodeChallenge(verifier),
        code_challenge_method: "S256",
      });
      return url.href;
    });
  }

  identify(query: string, { state, nonce, verifier }: ProviderRequest): Promise<{ readonly issuer: string; readonly subject: string } | null> {
    return this.#inTime(async () => {
      const configuration = await this.#configuration();
      const checks = { expectedState: state, expectedNonce: nonce, pkceCodeVerifier: verifier, maxAge: MAX_AGE_S, idTokenExpected: true };
      try {
        const claims = (await authorizationCodeGrant(configuration, new URL(`${this.#options.redirectUri}?${query}`), checks)).claims();
        return claims === undefined ? null : { issuer: claims.iss, subject: claims.sub };
      } catch (error) {
        if (isAway(error)) throw new SallyportError("service.unavailable");
        if (isClientRefused(error)) {
          this.#options.log.event("provider.client_refused", { issuer: this.issuer });
          throw new SallyportError("service.unavailable");
        }
        this.#options.log.event("provider.unproven", { issuer: this.issuer, code: codeOf(error) });
        return null;
      }
    });
  }

  /** What the provider says of itself; asked for once by all who wait, and again after a failure. */
  #configuration(): Promise<Configuration> {
    const { now } = this.#options;
    if (this.#known === null || this.#known.untilMs <= now()) {
      const configuration = this.#discover();
      const known = { configuration, untilMs: now() + METADATA_MS };
      this.#known = known;
      configuration.catch(() => {
        if (this.#known === known) this.#known = null;
      });
    }
    return this.#known.configuration;
  }

  async #discover(): Promise<Configuration> {
    const { clientId, clientSecret, log } = this.#options;
    const issuer = new URL(this.issuer);
    try {
      return await discovery(
        issuer,
        clientId,
        undefined,
        (as, ...rest) => {
          // RFC 8414 §2: where nothing is said, it is the basic one.
          const methods = as.token_endpoint_auth_methods_supported ?? ["client_secret_basic"];
          const authenticate = methods.includes("client_secret_basic") ? ClientSecretBasic(clientSecret) : ClientSecretPost(clientSecret);
          return authenticate(as, ...rest);
        },
        {
          [customFetch]: providerFetch(issuer, DEADLINE_MS),
          timeout: DEADLINE_MS / 1000,
          // Without it, the token endpoint's TLS would be all that vouches for an id token.
          execute: [enableNonRepudiationChecks, ...(issuer.protocol === "http:" ? [allowInsecureRequests] : [])],
        },
      );
    } catch (error) {
      log.event("provider.unavailable", { issuer: this.issuer, code: codeOf(error) });
      throw new SallyportError("service.unavailable");
    }
  }

  /** Nobody waits for a provider longer than this: what is under way then ends by itself. */
  async #inTime<T>(work: () => Promise<T>): Promise<T> {
    if (this.#underWay >= UNDER_WAY_MAX) throw new SallyportError("service.busy");
    this.#underWay += 1;
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_resolve, reject) => {
      timer = setTimeout(() => reject(new SallyportError("service.unavailable")), DEADLINE_MS);
    });
    try {
      return await Promise.race([work(), late]);
    } finally {
      clearTimeout(timer);
      this.#underWay -= 1;
    }
  }
}

/** Whether there was no answer, in time and of a bearable size: `openid-client` wraps what the fetch throws. */
const isAway = (error: unknown): boolean =>
  error instanceof SallyportError || (error instanceof Error && error.cause instanceof SallyportError) || (error instanceof ClientError && error.code === "OAUTH_TIMEOUT");

const isClientRefused = (error: unknown): boolean =>
  error instanceof WWWAuthenticateChallengeError || (error instanceof ResponseBodyError && (error.status === 401 || CLIENT_REFUSED.has(error.error)));

/** A name for the log: one of the client's own codes. An answer's own words stay out of it. */
const codeOf = (error: unknown): string => (error instanceof ClientError && error.code !== undefined ? error.code : error instanceof Error ? error.constructor.name : "unknown");
