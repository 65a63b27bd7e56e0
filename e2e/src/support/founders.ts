import type { Browser } from "playwright-core";
import { ConsolePerson, foundingLinks } from "./console-person.ts";
import type { Product } from "./product.ts";

/** The two founding administrators, signed in. */
export interface Founders {
  readonly alma: ConsolePerson;
  readonly boris: ConsolePerson;
}

const BORIS = { username: "boris", printedName: "Boris Lind" };

/** Two browsers, of which the first has enrolled; and the link that is left. */
async function firstFounder(browser: Browser, product: Product): Promise<Founders & { readonly second: string }> {
  const [first = "", second = ""] = foundingLinks(product.host.stdout);
  const [alma, boris] = [await ConsolePerson.open(browser, product.console), await ConsolePerson.open(browser, product.console)];
  await alma.enrolWithoutPages(first, { username: "alma", printedName: "Alma Reyes" });
  return { alma, boris, second };
}

/** Founds a deployment by the links that its start printed, without the pages: one enrols a passkey, one a password and a code. */
export async function founders(browser: Browser, product: Product): Promise<Founders> {
  const { alma, boris, second } = await firstFounder(browser, product);
  await boris.enrolPasswordWithoutPages(second, BORIS, "velvet anchors drift northward");
  await Promise.all([alma.signInWithoutPages("alma"), boris.signInWithoutPages("boris")]);
  return { alma, boris };
}

/** Founds a deployment by two passkeys: what the custodian signs is approved by nothing less. */
export async function passkeyFounders(browser: Browser, product: Product): Promise<Founders> {
  const { alma, boris, second } = await firstFounder(browser, product);
  await boris.enrolWithoutPages(second, BORIS);
  await Promise.all([alma.signInWithoutPages("alma"), boris.signInWithoutPages("boris")]);
  return { alma, boris };
}
