import { SessionSecret } from "@sallyport/contracts";

const NAME = "__Host-sallyport";
/** Script can't read it, no other site's request carries it, and no other host or path can have set it. */
const ATTRIBUTES = "Path=/; Secure; HttpOnly; SameSite=Strict";

/** The session's secret of a `cookie` header; null where there is none, more than one, or it is malformed. */
export const readSessionCookie = (header: string | undefined): string | null => readSecretCookie(header, NAME);

function readSecretCookie(header: string | undefined, name: string): string | null {
  const values = (header ?? "")
    .split(";")
    .map((pair) => pair.trim())
    .filter((pair) => pair.startsWith(`${name}=`));
  const value = values[0]?.slice(name.length + 1);
  return values.length === 1 && SessionSecret.safeParse(value).success ? (value ?? null) : null;
}

/** Lasts as long as the browser runs; how long it is good for is the api's to say. */
export const sessionCookie = (secret: string): string => `${NAME}=${secret}; ${ATTRIBUTES}`;
export const NO_SESSION_COOKIE = `${NAME}=; Max-Age=0; ${ATTRIBUTES}`;

const PROVIDER_NAME = "__Host-sallyport-provider";
/** As long as a visit to the provider may take. */
const PROVIDER_SECONDS = 300;

/** What this browser was given when it left for the external provider; null as {@link readSessionCookie}. */
export const readProviderCookie = (header: string | undefined): string | null => readSecretCookie(header, PROVIDER_NAME);

/**
 * Holds a browser to the visit that it began, so that nobody's answer from the provider is taken in another browser. It is read at the post of our
 * own page alone, after the provider's redirect has ended, so it need never be sent along with a request from another site.
 */
export const providerCookie = (secret: string): string => `${PROVIDER_NAME}=${secret}; Max-Age=${PROVIDER_SECONDS}; ${ATTRIBUTES}`;
