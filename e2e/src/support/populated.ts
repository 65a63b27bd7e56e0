import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Browser } from "playwright-core";
import { ConsolePerson, foundingLinks } from "./console-person.ts";
import { askToInvite, invite, joined } from "./invitation.ts";
import { PILOT, pilotDemographics } from "./pilot-study.ts";
import type { Product } from "./product.ts";
import { ROOT } from "./program.ts";

/** Who is there in a deployment that has been worked with for a little while, each signed in at a browser of their own. */
export interface Populated {
  /** The two founding administrators. */
  readonly alma: ConsolePerson;
  readonly boris: ConsolePerson;
  /** Reviews the pilot study. */
  readonly clara: ConsolePerson;
  /** Audits everything. */
  readonly dora: ConsolePerson;
  /** A link that nobody has used. */
  readonly openLink: string;
}

/** Founds a deployment; invites a reviewer and an auditor. */
async function founded(product: Product, browser: Browser): Promise<Populated> {
  const open = async (): Promise<ConsolePerson> => await ConsolePerson.open(browser, product.console);
  const admins = [await open(), await open()] as const;
  const [alma, boris] = admins;
  const [first = "", second = ""] = foundingLinks(product.host.stdout);
  await alma.enrolWithPasskey(first, { username: "alma", printedName: "Alma Reyes" });
  await boris.enrolWithPassword(second, { username: "boris", printedName: "Boris Lind" }, "velvet anchors drift northward");
  await alma.signInWithPasskey();
  await boris.signInWithPassword("boris");
  const clara = await joined(browser, admins, { username: "clara", printedName: "Clara Ode" }, /^clinical_reviewer/, `${PILOT}, all`);
  const dora = await joined(browser, admins, { username: "dora", printedName: "Dora Vance" }, /^auditor/, "Everywhere");
  const openLink = await invite(alma, boris, { username: "emil", printedName: "Emil Sund" }, /^clinical_reviewer/, `${PILOT}, all`);
  return { alma, boris, clara, dora, openLink };
}

/** A founded deployment with the pilot's demographics released, a request that waits for a second person, and some denials. */
export async function populated(product: Product, browser: Browser): Promise<Populated> {
  const people = await founded(product, browser);
  const data = pilotDemographics();
  const file = data.isPublished ? join(ROOT, "../shared/data/cdisc/DM.json") : join(product.folder, "DM.json");
  if (!existsSync(file)) writeFileSync(file, data.text);
  const { packetId } = await product.json<{ packetId: string }>(["--as", "ingest", "ingest", file]);
  await product.cli(["--as", "ingest", "release", packetId, "--reason", "I brought it, I release it"]);
  await product.json(["--as", "steward", "release", packetId, "--reason", "validated against source documents"]);
  const { items } = await product.json<{ items: { subjectId: string }[] }>(["--as", "reviewer", "call", "subjects.list", JSON.stringify({ study: PILOT, limit: 6 })]);
  for (const { subjectId } of items) {
    for (const field of ["DM.SEX", "DM.ARM"]) {
      await product.cli(["--as", "reviewer", "call", "subjects.reveal", JSON.stringify({ subjectId, field, purpose: "monitoring", reason: "source data verification" })]);
    }
  }
  await askToInvite(people.boris, { username: "fay", printedName: "Fay Okoro" }, /^auditor/, "Everywhere");
  return people;
}
