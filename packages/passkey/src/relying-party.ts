import { SallyportError } from "@sallyport/errors";

/** The site that credentials are made for and used at (WebAuthn Level 3 §5.1.2, §13.4.9). */
export interface RelyingParty {
  /** Domain: the console's host name. */
  readonly id: string;
  /** Exactly what the browser reports: scheme, host, and a port that isn't the scheme's own. */
  readonly origin: string;
}

const LOCAL = "localhost";

/**
 * The relying party of the console's origin. Plain HTTP counts on `localhost` alone: nowhere else does a browser make credentials over it.
 *
 * @throws `setting.invalid` for anything that isn't such an origin in its one spelling.
 */
export function relyingParty(origin: string): RelyingParty {
  const refused = new SallyportError("setting.invalid", { setting: "SALLYPORT_CONSOLE_ORIGIN" });
  let url: URL;
  try {
    url = new URL(origin);
  } catch {
    throw refused;
  }
  const isSecure = url.protocol === "https:" || (url.protocol === "http:" && url.hostname === LOCAL);
  // An address is no domain, so no credential can be made for it (§5.1.2, "effective domain").
  if (!isSecure || url.origin !== origin || /^[\d.]+$|^\[/.test(url.hostname)) throw refused;
  return { id: url.hostname, origin };
}
