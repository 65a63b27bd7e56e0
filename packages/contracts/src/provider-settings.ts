import { z } from "zod";

/**
 * The issuer of an OpenID provider (OpenID Connect Discovery 1.0 §3): `https`, or `http` on `localhost`, in its one spelling, without a
 * query, a fragment or credentials.
 */
export const ProviderIssuer = z
  .string()
  .max(512)
  .refine((text) => {
    if (!URL.canParse(text)) return false;
    const url = new URL(text);
    const isSecure = url.protocol === "https:" || (url.protocol === "http:" && url.hostname === "localhost");
    return isSecure && (url.href === text || url.href === `${text}/`) && !/[?#@]/.test(text);
  });

/** What the provider knows this deployment as. */
export const ProviderClientId = z.string().regex(/^[!-~]{1,256}$/);
