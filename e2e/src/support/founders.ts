import type { Browser } from "playwright-core";
import { ConsolePerson, foundingLinks } from "./console-person.ts";
import type { Product } from "./product.ts";

/** The two founding administrators, signed in: one by a passkey, one by a password and a code. */
export interface Founders {
  readonly alma: ConsolePerson;
  readonly boris: ConsolePerson;
}

/** Founds a deployment by the links that its start printed. */
export async function founders(browser: Browser, product: Product): Promise<Founders> {
  const [first = "", second = ""] = foundingLinks(product.host.stdout);
  const [alma, boris] = [await ConsolePerson.open(browser, product.console), await ConsolePerson.open(browser, product.console)];
  await alma.enrolWithPasskey(first, { username: "alma", printedName: "Alma Reyes" });
  await boris.enrolWithPassword(second, { username: "boris", printedName: "Boris Lind" }, "velvet anchors drift northward");
  await Promise.all([alma.signInWithPasskey(), boris.signInWithPassword("boris")]);
  return { alma, boris };
}
