import { SessionSecret } from "@sallyport/contracts";

const NAME = "__Host-sallyport";
/** Script can't read it, no other site's request carries it, and no other host or path can have set it. */
const ATTRIBUTES = "Path=/; Secure; HttpOnly; SameSite=Strict";

/** The session's secret of a `cookie` header; null where there is none, more than one, or it is malformed. */
export function readSessionCookie(header: string | undefined): string | null {
  const values = (header ?? "")
    .split(";")
    .map((pair) => pair.trim())
    .filter((pair) => pair.startsWith(`${NAME}=`));
  const value = values[0]?.slice(NAME.length + 1);
  return values.length === 1 && SessionSecret.safeParse(value).success ? (value ?? null) : null;
}

/** Lasts as long as the browser runs; how long it is good for is the api's to say. */
export const sessionCookie = (secret: string): string => `${NAME}=${secret}; ${ATTRIBUTES}`;
export const NO_SESSION_COOKIE = `${NAME}=; Max-Age=0; ${ATTRIBUTES}`;
