import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Browser } from "playwright-core";
import type { ConsolePerson } from "./console-person.ts";
import { founders } from "./founders.ts";
import { joined } from "./invitation.ts";
import { PILOT, pilotDemographics } from "./pilot-study.ts";
import type { Product } from "./product.ts";

/** Three administrators, two reviewers of the pilot study and an auditor, each signed in in a browser of their own. */
export interface GatePeople {
  /** Administrators: founders with a passkey, and with a password and a code; and a third with a passkey. */
  readonly alma: ConsolePerson;
  readonly boris: ConsolePerson;
  readonly dora: ConsolePerson;
  /** A clinical reviewer, whose browser has a clock that tests can put forward. */
  readonly rita: ConsolePerson;
  /** A regulatory reviewer. */
  readonly greta: ConsolePerson;
  /** An auditor over everything. */
  readonly otto: ConsolePerson;
}

/** Brings the pilot study's demographics in, and has them released; answers the packet. */
export async function releaseDemographics(product: Product): Promise<string> {
  const file = join(product.folder, "DM.json");
  writeFileSync(file, pilotDemographics().text);
  const { packetId } = await product.json<{ packetId: string }>(["--as", "ingest", "ingest", file]);
  await product.json(["--as", "steward", "release", packetId, "--reason", "validated against source documents"]);
  return packetId;
}

/** Founds the deployment and invites everybody. The password's codes come thirty seconds apart, so the second founder decides nothing here. */
export async function gatePeople(browser: Browser, product: Product): Promise<GatePeople> {
  const { alma, boris } = await founders(browser, product);
  const dora = await joined(browser, [boris, alma], { username: "dora", printedName: "Dora Finch" }, "security_admin", "*");
  const passkeys = [alma, dora] as const;
  const rita = await joined(browser, passkeys, { username: "rita", printedName: "Rita Voss" }, "clinical_reviewer", PILOT, async ({ page }) => await page.clock.install());
  const greta = await joined(browser, passkeys, { username: "greta", printedName: "Greta Holm" }, "regulatory_reviewer", PILOT);
  const otto = await joined(browser, passkeys, { username: "otto", printedName: "Otto Lang" }, "auditor", "*");
  return { alma, boris, dora, rita, greta, otto };
}
