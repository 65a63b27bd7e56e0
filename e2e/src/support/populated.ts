import type { Browser } from "playwright-core";
import type { ConsolePerson } from "./console-person.ts";
import { founders } from "./founders.ts";
import { releaseDemographics } from "./gate-people.ts";
import { askToInvite, invite, joined } from "./invitation.ts";
import { PILOT } from "./pilot-study.ts";
import type { Product } from "./product.ts";

/** Who is there in a deployment that has been worked with for a little while, each signed in at a browser of their own. */
export interface Populated {
  /** The two founding administrators. */
  readonly alma: ConsolePerson;
  readonly boris: ConsolePerson;
  /** Reviews the pilot study. */
  readonly clara: ConsolePerson;
  /** Keeps the consent and the site of the pilot study's subjects. */
  readonly rosa: ConsolePerson;
  /** Audits everything. */
  readonly dora: ConsolePerson;
  /** A link that nobody has used. */
  readonly openLink: string;
}

/** Founds a deployment; invites two reviewers and an auditor. */
async function founded(product: Product, browser: Browser): Promise<Populated> {
  const { alma, boris } = await founders(browser, product);
  const admins = [alma, boris] as const;
  const clara = await joined(browser, admins, { username: "clara", printedName: "Clara Ode" }, /^clinical_reviewer/, `${PILOT}, all`);
  const rosa = await joined(browser, admins, { username: "rosa", printedName: "Rosa Imhof" }, /^regulatory_reviewer/, `${PILOT}, all`);
  const dora = await joined(browser, admins, { username: "dora", printedName: "Dora Vance" }, /^auditor/, "Everywhere");
  const openLink = await invite(alma, boris, { username: "emil", printedName: "Emil Sund" }, /^clinical_reviewer/, `${PILOT}, all`);
  return { alma, boris, clara, rosa, dora, openLink };
}

/** A founded deployment with the pilot's demographics released, a request that waits for a second person, and some denials. */
export async function populated(product: Product, browser: Browser): Promise<Populated> {
  const people = await founded(product, browser);
  const packetId = await releaseDemographics(product);
  await product.cli(["--as", "ingest", "release", packetId, "--reason", "I brought it, I release it"]);
  const { items } = await product.json<{ items: { subjectId: string }[] }>(["--as", "reviewer", "call", "subjects.list", JSON.stringify({ study: PILOT, limit: 6 })]);
  for (const { subjectId } of items) {
    for (const field of ["DM.SEX", "DM.ARM"]) {
      await product.cli(["--as", "reviewer", "call", "subjects.reveal", JSON.stringify({ subjectId, field, purpose: "monitoring", reason: "source data verification" })]);
    }
  }
  await askToInvite(people.boris, { username: "fay", printedName: "Fay Okoro" }, /^auditor/, "Everywhere");
  return people;
}
