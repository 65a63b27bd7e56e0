import type { Browser } from "playwright-core";
import { noSshServer } from "@sallyport/portal-testkit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { launchBrowser, noBrowser } from "./support/browser.ts";
import { ConsolePerson } from "./support/console-person.ts";
import { beginSigning, openSequence, proveSigning, receiptOf } from "./support/document-pages.ts";
import { type Founders, passkeyFounders } from "./support/founders.ts";
import { joined, REASON } from "./support/invitation.ts";
import { bringIn, decide, openWaiting } from "./support/packet-pages.ts";
import { identify } from "./support/people-pages.ts";
import { PILOT } from "./support/pilot-study.ts";
import { Portals } from "./support/portals.ts";
import { prepareFounded } from "./support/founded.ts";
import { Product } from "./support/product.ts";
import { beginSubmission, openRoutes, registerRecipient, typeRoute } from "./support/submission-looks.ts";
import { until } from "./support/until.ts";
import { checkExport } from "./support/verify-page.ts";

const LETTER = '<?xml version="1.0" encoding="UTF-8"?><ectd>Module 1, cover letter</ectd>';
const why = noBrowser ?? noSshServer;
/** In the order in which they come to it: who brings in, releases, signs as author, signs as approver and releases, and submits. */
const PEOPLE = [
  { username: "cora", printedName: "Cora Lund", role: "site_coordinator" },
  { username: "stan", printedName: "Stan Oro", role: "data_steward" },
  { username: "rita", printedName: "Rita Voss", role: "authorized_signer" },
  { username: "rosa", printedName: "Rosa Imhof", role: "regulatory_reviewer" },
  { username: "nora", printedName: "Nora Beck", role: "regulatory_coordinator" },
] as const;

let product: Product;
let portals: Portals;
let browser: Browser;
let admins: Founders;
let people: readonly ConsolePerson[] = [];
/** Where the document that is signed is shown. */
let document = "";

beforeAll(async () => {
  if (why !== null) return;
  product = await prepareFounded();
  portals = await Portals.start();
  [browser] = await Promise.all([launchBrowser(), product.start({ SALLYPORT_EGRESS_FILE: portals.credentials(product.folder) })]);
  admins = await passkeyFounders(browser, product);
  const { alma, boris } = admins;
  const arrived: ConsolePerson[] = [];
  for (const { role, ...named } of PEOPLE) arrived.push(await joined(browser, [boris, alma], named, role, PILOT));
  people = arrived;
  for (const name of ["Rita Voss", "Rosa Imhof"]) await identify(admins.boris, name);
}, 240_000);
afterAll(async () => {
  if (why !== null) return;
  await browser?.close();
  await product?.remove();
  await portals?.close();
}, 120_000);

/** Looks at the one item of the outbox until it says so; answers all that its drawer shows. */
const itemSaying = async (person: ConsolePerson, said: string): Promise<string> => {
  const drawer = person.page.getByRole("dialog", { name: "Packet on its way" });
  return await until(
    async () => {
      await person.goto("/outbox");
      await person.page.locator(".row-open").first().click();
      await drawer.getByText("Key at the portal").waitFor();
      return (await drawer.locator(".badge").first().innerText()) === said && (await drawer.innerText());
    },
    45_000,
    () => `the item never was ${said}`,
  );
};

describe.skipIf(why !== null)(`a document on its way from a site to an agency, each act at the console by who does it${why === null ? "" : ` (skipped: ${why})`}`, () => {
  const [CORA, STAN, RITA, ROSA, NORA] = [0, 1, 2, 3, 4] as const;
  const who = (at: number): ConsolePerson => people[at] as ConsolePerson;

  test("is brought into quarantine by a coordinator and released by a steward", async () => {
    await bringIn(who(CORA), [{ name: "cover.xml", text: LETTER, document: { type: "eCTD sequence", place: "Site 701" } }]);
    await openWaiting(who(STAN), "eCTD sequence");
    await decide(who(STAN), "Release", REASON);
    await who(STAN).see("1 document came in.");
  }, 60_000);

  test("is signed by its author and by an approver, each with a passkey of their own", async () => {
    for (const [at, meaning] of [
      [RITA, "Authorship"],
      [ROSA, "Approval"],
    ] as const) {
      document = await openSequence(who(at), document === "" ? "/documents" : document);
      await beginSigning(who(at));
      await who(at).button("I take my signatures to be so").click();
      await proveSigning(who(at), meaning);
    }
    const rows = await who(ROSA).page.getByRole("table", { name: "Signatures" }).locator("tbody tr").allInnerTexts();
    expect(rows.map((row) => row.replaceAll(/\s+/g, " "))).toEqual([
      expect.stringMatching(/Rita Voss .*Authorship .*verified/),
      expect.stringMatching(/Rosa Imhof .*Approval .*verified/),
    ]);
  }, 60_000);

  test("has an agency whose routes one administrator proposes and another approves, with what changes before them", async () => {
    const { alma, boris } = admins;
    await registerRecipient(boris, alma);
    await openRoutes(boris);
    await boris.button("Ask for approval").click();
    await boris.see("A host name in lower case, or an IPv4 address.");
    const { https, sftp } = portals;
    await typeRoute(boris, "Primary route", { "Route's name": "gateway", Credential: "gateway", Host: https.host, Port: `${https.port}`, Path: https.path });
    await boris.button("Add a fallback route").click();
    const key = { User: sftp.user, "Fingerprint of the host key": sftp.fingerprint };
    await typeRoute(boris, "Fallback route 1", { ...key, "Route's name": "drop", Credential: "drop", Host: "127.0.0.1", Port: `${sftp.port}`, Folder: sftp.folder });
    const lines = boris.page.locator(".effect-line");
    expect((await lines.allInnerTexts()).map((line) => line.replaceAll(/\s+/g, " "))).toEqual([
      expect.stringContaining(`gateway: https://localhost:${https.port}/packets`),
      expect.stringContaining(`drop: sftp://${sftp.user}@127.0.0.1:${sftp.port}`),
    ]);
    await boris.fill("Reason", REASON);
    await boris.button("Ask for approval").click();
    await boris.page.waitForURL(/\/approvals\?show=mine&request=apr_/);
    await boris.see("You asked for this yourself");
    await alma.goto("/approvals");
    await alma.page.locator(".row-open").first().click();
    await alma.see(sftp.fingerprint);
    await alma.approveNext(REASON);
    await until(
      async () => {
        await boris.goto("/outbox");
        await boris.page.getByRole("table", { name: /^Routes/ }).waitFor();
        return (await boris.page.getByText("healthy", { exact: true }).count()) === 2;
      },
      30_000,
      () => "the routes weren't found healthy",
    );
  }, 90_000);

  test("is put into a sequence whose packet a second person releases, and is sealed", async () => {
    const [nora, rosa] = [who(NORA), who(ROSA)];
    await beginSubmission(nora, "Leaves only with a valid approval on it");
    const submission = nora.page.url();
    await nora.button("Ask for its release").click();
    await nora.fill("Reason", REASON);
    await nora.button("Ask for approval").click();
    await nora.page.waitForURL(/\/approvals\?show=mine&request=apr_/);
    await nora.see("You asked for this yourself");
    await rosa.approveNext(REASON);
    await nora.page.goto(submission);
    await nora.button("Seal it").click();
    await nora.button("Submit it").waitFor();
  }, 60_000);

  test("goes over the fallback when its primary portal is down, whole and once, and nothing of it over the primary", async () => {
    await portals.https.down();
    await who(NORA).button("Submit it").click();
    await who(NORA).button("Download").waitFor();
    const shown = await itemSaying(admins.boris, "sent");
    const attempts = shown.split("\n").filter((line) => /^\d+\. over /.test(line));
    expect(attempts[0]).toMatch(/over drop, .*: sent$/);
    for (const earlier of attempts.slice(1)) expect(earlier).toMatch(/over gateway, .*: unsent \(unreachable\), no byte went out$/);
    const [packet, ...others] = portals.arrived();
    expect([others.length, portals.https.held.size, shown.includes(packet?.key ?? "-"), shown.includes(packet?.sha256 ?? "-")]).toEqual([0, 0, true, true]);
  }, 60_000);

  test("is acknowledged by the agency's receipt for these very bytes, once somebody asks its portal", async () => {
    const { boris } = admins;
    const [packet] = portals.arrived();
    if (packet !== undefined) portals.acknowledge(packet, "GW-2026-000017");
    await boris.button("Ask its portal now").click();
    await boris.see("Its portal is asked now.");
    const shown = await itemSaying(boris, "acknowledged");
    expect(shown).toContain("received");
    await boris.page.locator("summary").filter({ hasText: "received" }).click();
    expect(await boris.page.locator(".raw-line").innerText()).toContain('"receipt":"GW-2026-000017"');
  }, 60_000);

  test("leaves a receipt of its approval that anybody checks on the public page", async () => {
    await openSequence(who(ROSA), document);
    const receipt = await receiptOf(who(ROSA), "Rosa Imhof", "approval");
    const { health } = await product.json<{ health: { checkpoint: { fingerprint: string } } }>(["--as", "auditor", "status"]);
    const anybody = await ConsolePerson.open(browser, product.console);
    await anybody.goto("/verify");
    await checkExport(anybody.page, receipt, health.checkpoint.fingerprint);
    expect(await anybody.page.locator(".verdict-head").innerText()).toMatch(/^The signature holds/);
    await anybody.see("Rosa Imhof");
  }, 60_000);

  test("meets nothing that the browser's policy objects to", () => {
    for (const { objections } of [...people, admins.alma, admins.boris]) expect(objections.filter((text) => /policy|trusted|refused to|unsafe/i.test(text))).toEqual([]);
  });
});
