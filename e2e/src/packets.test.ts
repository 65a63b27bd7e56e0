import { readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Browser } from "playwright-core";
import { canaries, pdfOf } from "@sallyport/testkit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { eventTerm, inventedEvents, publishedEvents } from "./support/adverse-events.ts";
import { violationsOf } from "./support/axe.ts";
import { launchBrowser, noBrowser } from "./support/browser.ts";
import { ConsolePerson } from "./support/console-person.ts";
import { type Founders, founders } from "./support/founders.ts";
import { beginSigning, openSequence, proveSigning, receiptOf } from "./support/document-pages.ts";
import { joined, REASON } from "./support/invitation.ts";
import { chooseIn, identify } from "./support/people-pages.ts";
import { searchText } from "./support/leak-search.ts";
import { bringIn, decide, dropFiles, ended, goOnWith, openWaiting, sendFiles } from "./support/packet-pages.ts";
import { demographics, inventedDemographics, PILOT, pilotDemographics, withCells } from "./support/pilot-study.ts";
import { startFounded } from "./support/founded.ts";
import { Product } from "./support/product.ts";
import { fieldRow, reveal } from "./support/subject-record.ts";
import { until } from "./support/until.ts";
import { checkExport } from "./support/verify-page.ts";

const own = demographics(inventedDemographics(2));
const ownSubjects = own.column("USUBJID");
const ownEvents = inventedEvents(ownSubjects, 3);
/** A file's name may say whose data it holds. */
const NAMES = canaries(2, "files at the console");
const DM = { name: `${NAMES[0] ?? ""}.json`, text: own.text };
const AE = { name: `${NAMES[1] ?? ""}.json`, text: ownEvents };
const published = pilotDemographics();
const events = publishedEvents();

let product: Product;
let browser: Browser;
/** Brings packets in for the pilot study. */
let cora: ConsolePerson;
/** Releases them. */
let stan: ConsolePerson;
/** Reviews what was released. */
let rita: ConsolePerson;
/** Keeps subjects' consent and site. */
let rosa: ConsolePerson;
/** Who administers: one signs in by a passkey, the other asks. */
let admins: Founders;
let packetId = "";
/** The subject whose demographics were corrected. */
let correctedPath = "";
/** All that the console answered to who brings in and who releases: its pages, and what the api said through it. */
const answers: { readonly place: string; readonly text: string }[] = [];

beforeAll(async () => {
  if (noBrowser !== null) return;
  product = await startFounded();
  browser = await launchBrowser();
  admins = await founders(browser, product);
  const inTurn = [admins.boris, admins.alma] as const;
  cora = await joined(browser, inTurn, { username: "cora", printedName: "Cora Lund" }, "site_coordinator", PILOT);
  stan = await joined(browser, inTurn, { username: "stan", printedName: "Stan Oro" }, "data_steward", PILOT);
  rita = await joined(browser, inTurn, { username: "rita", printedName: "Rita Voss" }, "clinical_reviewer", PILOT);
  rosa = await joined(browser, inTurn, { username: "rosa", printedName: "Rosa Imh" }, "regulatory_reviewer", PILOT);
  for (const { context } of [cora, stan]) {
    context.on("response", (response) => {
      if (!/html|json/.test(response.headers()["content-type"] ?? "")) return;
      response.text().then(
        (text) => answers.push({ place: new URL(response.url()).pathname, text }),
        () => undefined,
      );
    });
  }
}, 480_000);
afterAll(async () => {
  if (noBrowser !== null) return;
  await browser.close();
  await product.remove();
}, 120_000);

/** Looks for what nobody was to see on a page, or in what it leaves in the browser. */
async function expectNone(person: ConsolePerson, values: readonly (string | number)[]): Promise<void> {
  const [content, left] = [await person.page.content(), await person.leftBehind()];
  for (const value of values) expect([content.includes(String(value)), left.includes(String(value))]).toEqual([false, false]);
}

/** Begins an act on the subject that is open. */
async function beginAct(person: ConsolePerson, act: string): Promise<void> {
  await person.button("Acts").click();
  await person.page.getByRole("menuitem", { name: act }).click();
  await person.page.getByRole("dialog", { name: act }).waitFor();
}

/** Opens one of the subjects of a site, in the order of their labels; answers the page's path. */
async function openSubject(person: ConsolePerson, site: string, index: number): Promise<string> {
  await person.goto(`/subjects?study=${PILOT}&site=${site}`);
  await person.page.locator("a.subject-label").nth(index).click();
  await person.page.waitForURL(/\/subjects\/sub_/);
  return new URL(person.page.url()).pathname;
}

describe.skipIf(noBrowser !== null)(`a packet at the console${noBrowser === null ? "" : ` (skipped: ${noBrowser})`}`, () => {
  test("is brought in by a coordinator by keyboard, and is nothing that they see again", async () => {
    await cora.goto("/packets");
    await cora.see("What you bring in, others look at");
    await cora.page.getByRole("link", { name: "Bring a packet in" }).click();
    await cora.page.waitForURL("**/packets/upload");
    // A page that is still coming alive may lose a key.
    const chooser = await until(
      async () => {
        const choosing = cora.page.waitForEvent("filechooser", { timeout: 5000 }).catch(() => null);
        await cora.page.locator(".drop .file-input").press("Enter");
        return await choosing;
      },
      40_000,
      () => "the keyboard opened no file chooser",
    );
    await chooser.setFiles([AE, DM].map(({ name, text }) => ({ name, mimeType: "application/json", buffer: Buffer.from(text) })));
    await cora.button("Send into quarantine").focus();
    await cora.page.keyboard.press("Enter");
    await ended(cora, "In quarantine");
    packetId = await cora.page.locator(".sending code").first().innerText();
    expect(packetId).toMatch(/^pkt_/);
    await cora.see("DM + AE");
    await expectNone(cora, ownSubjects);
    await cora.goto(`/packets/${packetId}`);
    await cora.page.locator('.refusal[data-code="policy.denied"]').first().waitFor();
  }, 120_000);

  test("waits on the overview and in the inbox of who may release it, with whom it is from", async () => {
    await stan.goto("/overview");
    await stan.page.getByRole("link", { name: "A packet waits for its release." }).click();
    await stan.page.waitForURL("**/packets");
    const row = stan.page.locator("tr").filter({ hasText: "waits for you" });
    await row.waitFor();
    expect(await row.innerText()).toMatch(/DM \+ AE[\s\S]*CDISCPILOT01[\s\S]*701, 702, 703[\s\S]*Cora Lund/);
  }, 60_000);

  test("is seen masked, with its checks, its variables' classes, and what a release would do at each site", async () => {
    await openWaiting(stan, "DM + AE");
    await stan.see(`${ownSubjects.length} subjects would be new here.`);
    await stan.see(`${ownSubjects.length * 4} records would be new.`);
    expect(await stan.page.locator(".check-failed").count()).toBe(0);
    const sites = await stan.page.locator(".site-counts tbody tr").allInnerTexts();
    expect(sites.map((text) => text.replaceAll(/\s+/g, " "))).toEqual(["701 8 0 0 0", "702 8 0 0 0", "703 8 0 0 0"]);
    await stan.page.locator(".segment").filter({ hasText: "DM" }).click();
    await stan.heading("Variables of DM");
    const usubjid = stan.page.locator("tr").filter({ has: stan.page.getByRole("rowheader", { name: /^USUBJID/ }) });
    expect(await usubjid.innerText()).toMatch(/PHI[\s\S]*any other unique number or code[\s\S]*knows it/);
    expect(await stan.page.locator(".wide-table thead").innerText()).not.toMatch(/\bARM\b/);
    await expectNone(stan, [...ownSubjects, ...ownSubjects.map((subject) => eventTerm(subject, 1)), ...new Set(own.column("ARM"))]);
  }, 60_000);

  test("is released with a reason by somebody else, whole, and answered with signed evidence", async () => {
    await stan.page.locator(".effect-acts").getByRole("button", { name: "Release" }).click();
    const dialog = stan.page.getByRole("dialog");
    await dialog.getByRole("button", { name: "Release it" }).click();
    await dialog.getByText("Say why, in at least eight characters.").waitFor();
    await dialog.getByText(`${ownSubjects.length * 4} records would be new.`).waitFor();
    await stan.page.keyboard.press("Escape");
    await decide(stan, "Release", REASON);
    await stan.see("Signed evidence");
    await stan.see(`site:${PILOT}/701`);
    await stan.see("By Stan Oro");
    await stan.goto("/packets?show=released");
    await stan.see("released");
  }, 90_000);

  test("gives its subjects their domains, every value masked until it is opened", async () => {
    const path = await openSubject(rita, "701", 0);
    await rita.page.getByRole("button", { name: /^AE/ }).click();
    await rita.page.waitForURL(`**${path}?domain=AE`);
    const cell = rita.page.getByRole("button", { name: "Open AETERM of record 2" });
    await cell.waitFor();
    await expectNone(rita, ownSubjects);
    await cell.click();
    await rita.page.getByRole("radio", { name: "Monitoring" }).check();
    await rita.fill("Reason", REASON);
    await rita.button("Open it").click();
    const value = await rita.page.locator(".open-value-text").innerText();
    expect(ownSubjects.map((subject) => eventTerm(subject, 2))).toContain(value);
    await rita.page.keyboard.press("Escape");
    await rita.page.locator(".open-value-text").waitFor({ state: "detached" });
    await expectNone(rita, [value]);
  }, 90_000);

  test("that corrects what is stored shows whose record differs and in which variable, and becomes version 2", async () => {
    const subject = ownSubjects[0] ?? "";
    const corrected = withCells(own.text, (row, variable, value) => (row === 0 && variable === "AGE" ? 61 : value));
    await bringIn(cora, [{ name: "DM-corrected.json", text: corrected }]);
    await openWaiting(stan, "DM");
    await stan.see("1 record differs and would get a new version; the old one stays.");
    await stan.see(`${ownSubjects.length - 1} records are stored as they are already.`);
    const difference = stan.page.getByRole("table", { name: "Records that differ" }).locator("tbody tr");
    expect(await difference.count()).toBe(1);
    expect(await difference.innerText()).toMatch(/^[A-Z]+-[A-Z]+-\d[\s\S]*701[\s\S]*file 1 \(DM\), row 1[\s\S]*AGE[\s\S]*2$/);
    await expectNone(stan, [subject]);
    await decide(stan, "Release", REASON);
    await stan.see("1 record got a new version.");
    // Labels are drawn by lot: the first in the list may be either subject of the site.
    for (const index of [0, 1]) {
      const path = await openSubject(rita, "701", index);
      if ((await reveal(rita, "AGE", REASON)) === "61") correctedPath = path;
    }
    expect(correctedPath).not.toBe("");
  }, 180_000);

  test("brings a subject whose consent is withdrawn, whose withdrawal is taken back, and who moves, by forms that say what is missing", async () => {
    const path = await openSubject(rosa, "701", 0);
    await beginAct(rosa, "Withdrawal of consent");
    const dialog = rosa.page.getByRole("dialog");
    await rosa.button("Record the withdrawal").click();
    for (const fault of ["Say from which day.", "Say why, in at least eight characters."]) await dialog.getByText(fault).waitFor();
    await rosa.page.getByLabel("Withdrawn from").fill("2999-01-01");
    await dialog.getByText("This day is still to come.").waitFor();
    expect(await violationsOf(rosa.page)).toEqual([]);
    await rosa.page.getByLabel("Withdrawn from").fill("2024-05-17");
    await rosa.page.getByRole("dialog").getByLabel("Reason", { exact: true }).fill(REASON);
    await rosa.button("Record the withdrawal").click();
    await rosa.see("The withdrawal of consent is on record.");
    await rosa.see("Consent withdrawn");
    await expectNone(rosa, ["2024-05-17"]);
    await rosa.button("Open the day of the withdrawal").click();
    await rosa.page.getByRole("radio", { name: "Regulatory" }).check();
    await rosa.page.getByRole("dialog").getByLabel("Reason", { exact: true }).fill(REASON);
    await rosa.button("Open it").click();
    expect(await rosa.page.locator(".consent-mark .open-value-text").innerText()).toBe("2024-05-17");

    await beginAct(rosa, "Withdrawal recorded in error");
    await rosa.page.getByRole("dialog").getByLabel("Reason", { exact: true }).fill(REASON);
    await rosa.button("Take it back").click();
    await rosa.see("The withdrawal is taken back. Both acts stay on record.");
    await rosa.page.locator(".consent-mark").waitFor({ state: "detached" });
    await expectNone(rosa, ["2024-05-17"]);

    await beginAct(rosa, "Move to another site");
    await dialog.getByText(/leaves site 701 with every version/).waitFor();
    await rosa.button("Move the subject").click();
    for (const fault of ["Choose where the subject goes.", "Say why, in at least eight characters."]) await dialog.getByText(fault).waitFor();
    await chooseIn(rosa, "To site", /702/);
    await rosa.page.getByRole("dialog").getByLabel("Reason", { exact: true }).fill(REASON);
    await rosa.button("Move the subject").click();
    await rosa.see("The subject is at site 702 now.");
    await rosa.goto(`/subjects?study=${PILOT}&site=701`);
    await expect.poll(async () => await rosa.page.locator("a.subject-label").count()).toBe(1);
    await rosa.goto(path);
    await rosa.see("702");
    expect(rosa.objections.filter((text) => /policy|trusted|refused to|unsafe/i.test(text))).toEqual([]);
  }, 180_000);

  test("is brought in by a mouse that drops its files on the page's place for them, and on no other", async () => {
    const paths = [DM, AE].map(({ name, text }) => {
      const path = join(product.folder, name);
      writeFileSync(path, text);
      return path;
    });
    const tab = await cora.context.newPage();
    await tab.goto(`${product.console}/packets/upload`);
    const place = tab.locator(".drop");
    await place.waitFor();
    // Chromium alone would open them in the page's place, if not in every form of it: what the page said of the drag is what counts.
    await tab.evaluate(() => addEventListener("dragover", (event) => (document.body.dataset["said"] = `${event.defaultPrevented} ${event.dataTransfer?.dropEffect}`)));
    await dropFiles(tab, paths, tab.locator("h1").first());
    expect(await tab.locator("body").getAttribute("data-said")).toBe("true none");
    expect([new URL(tab.url()).pathname, await tab.getByRole("row").count()]).toEqual(["/packets/upload", 0]);
    await dropFiles(tab, paths, place);
    await tab.getByText(/^2 files, /).waitFor();
    expect(await tab.locator(".drop-over").count()).toBe(0);
    await tab.getByRole("button", { name: "Send into quarantine" }).click();
    await tab.locator(".sending-phase").filter({ hasText: "In quarantine" }).waitFor();
    await tab.close();
    await openWaiting(stan, "DM + AE");
    await decide(stan, "Reject", REASON);
  }, 90_000);

  test("that doesn't hold says file, row and column, stores nothing, and can be mended", async () => {
    const unknown = inventedEvents([...ownSubjects, "01-999-9999"], 1);
    await sendFiles(cora, [{ name: "AE.json", text: unknown }]);
    await ended(cora, "Not taken");
    await cora.see(new RegExp(`row ${ownSubjects.length + 1}, column USUBJID`));
    await expectNone(cora, ["01-999-9999"]);
    await cora.button("Begin anew").click();
    await cora.see("A new packet");
    await cora.goto("/packets/upload");
    await cora.page.locator(".drop").waitFor();
    expect(await cora.page.getByText("Not finished yet").count()).toBe(0);
  }, 90_000);

  test("that was interrupted goes on from where it was, when the same files are chosen again", async () => {
    const large = { name: "AE.json", text: inventedEvents(ownSubjects, 1000, 190) };
    expect(large.text.length).toBeGreaterThan(1_048_576);
    const offsets: string[] = [];
    cora.page.on("request", (request) => {
      const [, offset] = /\/api\/upload\/pkt_[^/]+\/1\/(\d+)$/.exec(request.url()) ?? [];
      if (offset !== undefined) offsets.push(offset);
    });
    await cora.page.route("**/api/upload/*/1/1048576", async (route) => await route.abort());
    await sendFiles(cora, [large]);
    await cora.see("It is tried again by itself");
    cora.page.once("dialog", (dialog) => void dialog.accept());
    await cora.page.reload();
    await cora.page.unroute("**/api/upload/*/1/1048576");
    await cora.heading("Not finished yet");
    expect(await cora.leftBehind()).toMatch(/^\["?\[\],\[\],\[\],\[\]/);
    await goOnWith(cora, [{ name: "other.json", text: "{}" }]);
    await cora.see("These aren't the same files");
    offsets.length = 0;
    await goOnWith(cora, [large]);
    await ended(cora, "In quarantine");
    expect(new Set(offsets)).toEqual(new Set(Array.from({ length: Math.ceil(large.text.length / 1_048_576) - 1 }, (_, at) => String((at + 1) * 1_048_576))));
    await openWaiting(stan, "AE");
    await decide(stan, "Reject", REASON);
    await stan.see("Nothing of it reached a subject.");
  }, 150_000);

  test("that is cancelled leaves nothing to go on with", async () => {
    await cora.page.route("**/api/upload/**", async (route) => await route.abort());
    await sendFiles(cora, [DM]);
    await cora.see("It is tried again by itself");
    await cora.button("Cancel").click();
    await ended(cora, "Cancelled");
    await cora.page.unroute("**/api/upload/**");
    await cora.goto("/packets/upload");
    await cora.page.locator(".drop").waitFor();
    expect(await cora.page.getByText("Not finished yet").count()).toBe(0);
  }, 60_000);

  test("is never its bringer's to release, whatever other role they have", async () => {
    await bringIn(cora, [DM]);
    await product.withOwner(async (owner) => {
      const role = "data_steward";
      await owner`
        INSERT INTO policy.assignments (principal, role, study, site, from_ms)
        SELECT principal, ${role}, ${PILOT}, '*', 0 FROM people.persons WHERE username = 'cora'`;
    });
    await until(
      async () => {
        await cora.goto("/packets");
        return await cora.page
          .locator(".packet-name")
          .first()
          .waitFor({ timeout: 3000 })
          .then(
            () => true,
            () => false,
          );
      },
      40_000,
      () => "the assignment wasn't seen",
    );
    await cora.page.locator(".packet-name").first().click();
    await cora.see("You brought this in; somebody else releases it.");
    expect(await cora.page.locator(".effect-acts").count()).toBe(0);
  }, 120_000);

  test("holds a document with what it is, shown by its content and its checks alone, and is released into its list", async () => {
    const letter = pdfOf(["<< /S /JavaScript /JS (1) >>", `(${ownSubjects[0]})`]);
    await cora.goto("/packets/upload");
    await cora.page.locator(".drop .file-input").setInputFiles({ name: `${ownSubjects[0]}.pdf`, mimeType: "application/pdf", buffer: letter });
    await cora.button("Send into quarantine").click();
    await cora.see("File 1 is a document: choose what it is.");
    await cora.page.getByLabel("What file 1 is").selectOption({ label: "IRB correspondence" });
    await cora.see("File 1 is a document: choose where it belongs.");
    await cora.page.getByLabel("Where file 1 belongs").selectOption({ label: "Site 701" });
    await cora.button("Send into quarantine").click();
    await ended(cora, "In quarantine");
    await openWaiting(stan, "IRB correspondence");
    await stan.see("1 document would be new.");
    const shown = stan.page.getByRole("table", { name: "Documents" }).locator("tbody tr");
    expect((await shown.innerText()).replaceAll(/\s+/g, " ")).toMatch(/1 IRB correspondence site 701 .*PDF 1\.7 .*new .*Structure .*Place .*Nothing active/);
    await stan.see("/JavaScript: once");
    await expectNone(stan, ownSubjects);
    await decide(stan, "Release", REASON);
    await stan.see("1 document came in.");
    await stan.see("Signed evidence");
  }, 150_000);

  test("holds a sequence that its author and an approver sign with their passkeys, that its author doesn't approve, and whose receipt anybody checks", async () => {
    await product.withOwner(async (owner) => {
      const role = "authorized_signer";
      await owner`
        INSERT INTO policy.assignments (principal, role, study, site, from_ms)
        SELECT principal, ${role}, ${PILOT}, '*', 0 FROM people.persons WHERE username IN ('cora', 'rita')`;
    });
    const text = '<?xml version="1.0" encoding="UTF-8"?><ectd>Module 1, cover letter</ectd>';
    await bringIn(cora, [{ name: "cover.xml", text, document: { type: "eCTD sequence", place: "Site 701" } }]);
    await openWaiting(stan, "eCTD sequence");
    await decide(stan, "Release", REASON);
    for (const name of ["Cora Lund", "Rita Voss"]) await identify(admins.boris, name);
    const path = await openSequence(cora);
    await cora.see("Module 1, cover letter");
    await beginSigning(cora);
    await cora.button("I take my signatures to be so").click();
    const dialog = cora.page.getByRole("dialog");
    expect(await dialog.getByRole("radio", { name: /Approval/ }).isDisabled()).toBe(true);
    await proveSigning(cora, "Authorship");
    await openSequence(rita, path);
    await beginSigning(rita);
    await rita.button("I take my signatures to be so").click();
    await proveSigning(rita, "Approval");
    const signed = rita.page.getByRole("table", { name: "Signatures" }).locator("tbody tr");
    expect((await signed.allInnerTexts()).map((row) => row.replaceAll(/\s+/g, " "))).toEqual([
      expect.stringMatching(/Cora Lund .*Authorship/),
      expect.stringMatching(/Rita Voss .*Approval .*verified/),
    ]);
    expect(await violationsOf(rita.page)).toEqual([]);
    // The manifest stands with the signature on the page, too; what is printed says what isn't on the sheet.
    await rita.page.getByText("Manifest of Rita Voss's approval").click();
    expect(await rita.page.locator(".signature-manifests details[open] .manifest").innerText()).toMatch(/^\{"accountability":/);
    await rita.page.emulateMedia({ media: "print" });
    expect(await rita.page.locator("p.printed").first().innerText()).toMatch(/isn't on this sheet.* bytes of doc_\w+, version 1, whose SHA-256 is [0-9a-f]{64}/);
    const printed = await rita.page.locator("div.printed").first().innerText();
    expect(printed).toMatch(/Rita Voss, \d{4}-\d\d-\d\dT[\d:.]+Z, Approval: verified\n+\{"accountability":/);
    await rita.page.emulateMedia({ media: null });
    const receipt = await receiptOf(rita, "Rita Voss", "approval");
    const { health } = await product.json<{ health: { checkpoint: { fingerprint: string } } }>(["--as", "auditor", "status"]);
    const { fingerprint } = health.checkpoint;
    const anybody = await ConsolePerson.open(browser, product.console);
    await anybody.goto("/verify");
    await checkExport(anybody.page, receipt, fingerprint);
    expect(await anybody.page.locator(".verdict-head").innerText()).toMatch(/^The signature holds/);
    await anybody.see("Rita Voss");
    const forged = join(dirname(receipt), "forged.receipt.json");
    writeFileSync(forged, readFileSync(receipt, "utf8").replace("Rita Voss", "Rosa Voss"));
    await checkExport(anybody.page, forged, fingerprint);
    expect(await anybody.page.locator(".verdict-head").innerText()).toBe("This receipt doesn't hold");

    await openSequence(cora, path);
    await beginSigning(cora);
    await chooseIn(cora, "It stands", /instead of my authorship/);
    await proveSigning(cora, "Authorship");
    const rows = cora.page.getByRole("table", { name: "Signatures" }).locator("tbody tr");
    const stands = async (): Promise<readonly string[]> => (await rows.allInnerTexts()).map((row) => /superseded|verified/.exec(row)?.[0] ?? row);
    await expect.poll(stands).toEqual(["superseded", "verified", "verified"]);
    await anybody.context.close();
  }, 150_000);

  if (published.isPublished && events !== null) {
    test("holds the published demographics and adverse events of the pilot study, and is released whole", async () => {
      await bringIn(cora, [
        { name: "DM.json", text: published.text },
        { name: "AE.json", text: events },
      ]);
      await openWaiting(stan, "DM + AE");
      await stan.see(`${published.column("USUBJID").length} subjects would be new here.`);
      await expectNone(stan, published.column("USUBJID"));
      await decide(stan, "Release", REASON);
      await stan.see("Signed evidence");
    }, 180_000);
  } else test.skip("holds the published demographics and adverse events of the pilot study, and is released whole (skipped: no data in ../shared/data)", () => undefined);

  test("is in no answer to who brought it in or released it by any subject's identifier or any file's name", () => {
    expect([answers.length > 50, answers.some(({ text }) => text.includes(packetId))]).toEqual([true, true]);
    expect(answers.flatMap(({ place, text }) => searchText(place, text, [...NAMES, ...ownSubjects.map(String)]))).toEqual([]);
  });

  test("meets nothing that the browser's policy objects to", () => {
    for (const person of [cora, stan, rita]) expect(person.objections.filter((text) => /policy|trusted|refused to|unsafe/i.test(text))).toEqual([]);
  });

  test("is shown by its study's profile, which two people change: what that would do is shown first, and what it closes is closed at once", async () => {
    const { alma, boris } = admins;
    const isMasked = async (): Promise<boolean> => {
      await openSubject(rita, "701", 0);
      const row = fieldRow(rita, "COUNTRY");
      await row.waitFor();
      return (await row.getByRole("button", { name: /^Open / }).count()) > 0;
    };
    expect(await isMasked()).toBe(false);
    await boris.goto("/profiles");
    await boris.page.getByRole("link", { name: "cdisc-sdtm" }).click();
    await boris.heading("Propose version 2");
    await boris.button("Edit in the table").click();
    await boris.fill("Find a variable", "COUNTRY");
    await boris.page.getByLabel("Classification of DM.COUNTRY").selectOption("phi");
    await boris.see("1 classification changed in the table.");
    await boris.button("Show what it would change").click();
    await boris.see(/shown less of at once/);
    await boris.fill("Reason", REASON);
    await boris.button("Ask for approval").click();
    await boris.page.waitForURL(/\/approvals\?show=mine&request=apr_/);
    await alma.approveNext(REASON);
    await boris.goto("/profiles/cdisc-sdtm");
    await boris.see("What version 2 changed");
    await until(isMasked, 30_000, () => "the country is still shown");
  }, 120_000);

  test("that was corrected shows in a drawer what each version changed of a record, each value masked until it is opened there", async () => {
    const ages = own.column("AGE");
    await rita.goto(correctedPath);
    await rita.page
      .getByRole("button", { name: /^History of / })
      .first()
      .click();
    const drawer = rita.page.getByRole("dialog", { name: "History of a record" });
    const [now, before] = [drawer.locator(".history-version").nth(0), drawer.locator(".history-version").nth(1)];
    await before.waitFor();
    expect((await now.innerText()).replaceAll(/\s+/g, " ")).toMatch(/Version 2 current .*released by Stan Oro .*Changed: Age\./);
    expect(await before.innerText()).toMatch(/Version 1[\s\S]*released by Stan Oro[\s\S]*The record came with this version\./);
    expect(await violationsOf(rita.page)).toEqual([]);
    await expectNone(rita, ownSubjects);
    const opened: string[] = [];
    for (const version of [now, before]) {
      if (version === before) await version.locator("summary").click();
      await version.getByRole("button", { name: /^Open Age of version/ }).click();
      await rita.page.getByRole("radio", { name: "Monitoring" }).check();
      await rita.fill("Reason", REASON);
      await rita.button("Open it").click();
      opened.push(await version.locator(".open-value-text").first().innerText());
    }
    expect([opened[0], ages.map(String).includes(opened[1] ?? "")]).toEqual(["61", true]);
    // What is still open in the drawer is covered with it.
    expect(await drawer.locator(".open-value-text").count()).toBe(2);
    await drawer.getByRole("button", { name: "Close" }).click();
    await drawer.waitFor({ state: "detached" });
    expect(await rita.page.locator(".open-value-text").count()).toBe(0);
    expect(await rita.page.evaluate(() => document.activeElement?.getAttribute("aria-label"))).toMatch(/^History of /);
  }, 120_000);
});
