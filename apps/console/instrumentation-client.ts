import { ownScript } from "./src/own-scripts.ts";

interface TrustedTypes {
  readonly createPolicy: (name: string, rules: { readonly createScriptURL: (address: string) => string }) => unknown;
}

/*
 * Next runs this before anything else of a page. Its bundler loads the parts of a page that come later by giving a script element an address
 * as plain text, which Trusted Types refuse; the default policy takes such a text if it names a file of this build, or the worker of the verifier or of the PDF reader,
 * and nothing else ever.
 * There is no rule for markup or code, so these stay refused.
 */
const { trustedTypes } = globalThis as { readonly trustedTypes?: TrustedTypes };
trustedTypes?.createPolicy("default", { createScriptURL: (address) => ownScript(address, location.origin) });
