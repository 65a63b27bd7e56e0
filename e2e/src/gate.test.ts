import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { launchBrowser, noBrowser } from "./support/browser.ts";
import { ConsolePerson } from "./support/console-person.ts";
import { expectTrace, exportedLines, listCrossings, shownRecords } from "./support/crossing-list.ts";
import { type GatePeople, gatePeople, releaseDemographics } from "./support/gate-people.ts";
import { approvedLink, joined, REASON } from "./support/invitation.ts";
import { PILOT, pilotDemographics, tally } from "./support/pilot-study.ts";
import { startFounded } from "./support/founded.ts";
import { Product } from "./support/product.ts";
import { expectGone, fieldRow, reveal } from "./support/subject-record.ts";
import { until } from "./support/until.ts";

const data = pilotDemographics();
const SITE = "701";

let product: Product;
let browser: Browser;
let people: GatePeople;
let subjectPath = "";

beforeAll(async () => {
  if (noBrowser !== null) return;
  product = await startFounded();
  browser = await launchBrowser();
  [people] = await Promise.all([gatePeople(browser, product), releaseDemographics(product)]);
}, 420_000);
afterAll(async () => {
  if (noBrowser !== null) return;
  await browser.close();
  await product.remove();
}, 120_000);

describe.skipIf(noBrowser !== null)(`people at the gate${noBrowser === null ? "" : ` (skipped: ${noBrowser})`}`, () => {
  test("a reviewer lists subjects by site under labels, and opens one with its identifiers masked", async () => {
    const { rita } = people;
    await rita.goto(`/subjects?study=${PILOT}&site=${SITE}`);
    const rows = rita.page.locator("a.subject-label");
    await rows.first().waitFor();
    const atSite = tally(data.column("SITEID"))[SITE] ?? 0;
    expect(await rows.count()).toBe(Math.min(50, atSite));
    await rita.see(new RegExp(`^${atSite > 50 ? "50 of " : ""}${atSite} subjects$`));
    const listed = await rita.page.content();
    for (const subject of data.column("USUBJID")) expect(listed).not.toContain(subject);
    await rows.first().click();
    await rita.page.waitForURL(/\/subjects\/sub_/);
    subjectPath = new URL(rita.page.url()).pathname;
    await fieldRow(rita, "USUBJID")
      .getByRole("button", { name: /^Open / })
      .waitFor();
    const record = await rita.page.content();
    for (const subject of data.column("USUBJID")) expect(record).not.toContain(subject);
  }, 120_000);

  test("a value opens for a purpose and a reason, with its time in sight, and is nowhere after its end, Escape, or a look elsewhere", async () => {
    const { rita } = people;
    await rita.goto(subjectPath);
    await fieldRow(rita, "USUBJID")
      .getByRole("button", { name: /^Open / })
      .click();
    await rita.button("Open it").click();
    await rita.see("Choose what it is for.");
    await rita.page.keyboard.press("Escape");

    const value = await reveal(rita, "USUBJID", REASON);
    expect(data.column("USUBJID")).toContain(value);
    expect(await rita.page.getByRole("timer").innerText()).toMatch(/^(?:60|5\d) s$/);
    expect(await rita.leftBehind()).not.toContain(value);
    await rita.page.clock.fastForward(61_000);
    await expectGone(rita, value);

    expect(await reveal(rita, "USUBJID", REASON)).toBe(value);
    await rita.page.keyboard.press("Escape");
    await expectGone(rita, value);

    expect(await reveal(rita, "USUBJID", REASON)).toBe(value);
    await rita.page.evaluate(() => {
      Object.defineProperty(document, "visibilityState", { value: "hidden", configurable: true });
      document.dispatchEvent(new Event("visibilitychange"));
    });
    await expectGone(rita, value);
    await rita.goto("/subjects");
    await rita.page.goBack();
    await fieldRow(rita, "USUBJID").waitFor();
    await expectGone(rita, value);
  }, 120_000);

  test("many values open at once, when a second person who sees none of them has approved it, and once", async () => {
    const { rita, greta } = people;
    const answers: Promise<string>[] = [];
    greta.page.on("response", (response) => {
      if (response.url().includes("/api/call/")) answers.push(response.text().catch(() => ""));
    });
    await rita.goto(subjectPath);
    await rita.button("Choose fields").click();
    await rita.button("Choose all").click();
    await rita.button("Ask for approval").click();
    const dialog = rita.page.getByRole("dialog");
    await dialog.getByRole("radio", { name: "Safety" }).check();
    await rita.fill("Reason", REASON);
    await dialog.getByRole("button", { name: "Ask for approval" }).click();
    await rita.see("waits for a second person");
    await greta.approveNext(REASON);

    await rita.goto(subjectPath);
    await rita.button("Open them now").click();
    await rita.page.locator(".open-value-text").first().waitFor();
    const opened = await rita.page.locator(".open-value-text").allInnerTexts();
    expect(opened.length).toBeGreaterThan(3);
    const usubjid = opened.find((text) => data.column("USUBJID").includes(text)) ?? "";
    expect(usubjid).not.toBe("");
    const heard = (await Promise.all(answers)).join("\n");
    expect(heard).toContain("DM.USUBJID");
    expect(heard).not.toContain(usubjid);
    await rita.page.keyboard.press("Escape");
    await expectGone(rita, usubjid);
    await rita.goto(subjectPath);
    await rita.button("Choose fields").waitFor();
    expect(await rita.button("Open them now").count()).toBe(0);
  }, 120_000);

  test("the exposure names who opened what of the subject, and who could have", async () => {
    const { greta } = people;
    await greta.goto(`${subjectPath}?tab=exposure`);
    const did = greta.page.locator(".panel").filter({ has: greta.page.locator("#exposure-did") });
    await did.getByText("Rita Voss").waitFor();
    const could = greta.page.locator(".panel").filter({ has: greta.page.locator("#exposure-could") });
    await could.getByText("Greta Holm").waitFor();
    expect(await could.getByText("Rita Voss").count()).toBe(0);
    await greta.page
      .locator(".panel")
      .filter({ has: greta.page.locator("#exposure-reveals") })
      .getByText("DM.USUBJID")
      .first()
      .waitFor();
  }, 120_000);

  test("a denial says which pillar shut, why and what to do, and its trace is for those who read the trail", async () => {
    const { rita, otto } = people;
    await rita.goto("/people");
    const refusal = rita.page.locator('.refusal[data-code="policy.denied"]').first();
    await refusal.waitFor();
    expect(await refusal.innerText()).toMatch(/Policy: No rule allows this\.\s+Ask/);
    expect(await refusal.getByRole("button", { name: "Show trace" }).count()).toBe(0);
    const requestId = await refusal.locator(".refusal-foot code").nth(1).innerText();

    await otto.goto("/people");
    await otto.page.locator('.refusal[data-code="policy.denied"]').first().getByRole("button", { name: "Show trace" }).click();
    await expectTrace(otto.page.getByRole("dialog"), "Policy");

    await otto.goto(`/crossings?request=${requestId}`);
    await otto.page.locator("a.crossing-link").first().click();
    await expectTrace(otto.page.getByRole("dialog"), "Policy");
    await otto.see("Rita Voss");
  }, 120_000);

  test("a crossing comes to an auditor who watches, and a filter's link gives another person the same records", async () => {
    const { rita, otto, alma } = people;
    await listCrossings(otto, "/crossings?what=subject.list");
    await otto.see("Live");
    const before = await shownRecords(otto);
    await rita.goto("/subjects");
    await rita.page.locator("a.subject-label").first().waitFor();
    const after = await until(
      async () => {
        const now = await shownRecords(otto);
        return now[0] !== before[0] && now;
      },
      30_000,
      () => "no new crossing came",
    );
    expect(before).not.toContain(after[0]);

    await otto.goto("/crossings");
    await otto.page.getByRole("radio", { name: "Denied" }).click();
    await otto.page.waitForURL("**/crossings?outcome=deny");
    await otto.page.locator("tr.crossing-deny").first().waitFor();
    const mine = await shownRecords(otto);
    await alma.page.goto(otto.page.url());
    await alma.page.locator("tr.crossing-deny").first().waitFor();
    expect(await shownRecords(alma)).toEqual(mine);
  }, 120_000);

  test("an auditor verifies the trail whole, and exports exactly the filter, as lines and for a spreadsheet", async () => {
    const { otto } = people;
    await otto.goto("/crossings");
    await otto.button("Verify").click();
    await otto.see("Whole: every record verifies, up to its chain's end");
    expect(await otto.page.getByRole("progressbar", { name: "Verified" }).getAttribute("value")).toBe("100");

    const denied = "/crossings?outcome=deny";
    await listCrossings(otto, denied);
    const shown = await shownRecords(otto);
    const lines = await exportedLines(otto, denied, "JSONL");
    const [head = "", ...rows] = await exportedLines(otto, denied, "CSV");
    expect([lines.length, rows.length]).toEqual([shown.length, shown.length]);
    const refs = lines.map((line) => JSON.parse(line) as { chain: string; generation: number; seq: number }).map(({ chain, generation, seq }) => `${chain}~${generation}~${seq}`);
    // The list is newest first, the export oldest first.
    expect(refs.toReversed()).toEqual(shown);
    expect(head.split(",").slice(1, 4)).toEqual(['"chain"', '"generation"', '"seq"']);
    expect(rows.map((row) => row.split(",").slice(1, 4).join("~").replaceAll('"', ""))).toEqual(refs);

    await otto.page.keyboard.press("Escape");
    await otto.page.locator("a.crossing-link").first().click();
    const line = await otto.page.locator(".raw-line").innerText();
    expect(lines.at(-1)).toBe(line);
  }, 120_000);

  test("a key custodian rehearses, turns the key-encryption ring by a passkey, and sees every data key wrapped anew, while values open", async () => {
    const { alma, dora } = people;
    const kim = await joined(browser, [alma, dora], { username: "kim", printedName: "Kim Marsh" }, "key_custodian", "*");
    for (const step of ["Make the next key", "Put the next key in use"]) {
      await kim.goto("/keys?ring=kek");
      await kim.see("Nothing, by what is known now.");
      await kim.button(`${step}: begin`).click();
      await kim.fill("Reason", REASON);
      await kim.button("Go on").click();
      await kim.button("Turn with your passkey").click();
      await kim.see(`${step}: done`);
    }
    const reviewer = product.connect("reviewer");
    try {
      const { items } = await reviewer.api.subjects.list.query({ study: PILOT, limit: 3 });
      const opens = async (): Promise<void> => {
        for (const { subjectId } of items)
          expect(await reviewer.api.subjects.reveal.mutate({ subjectId, field: "DM.SEX", purpose: "monitoring", reason: REASON })).toHaveProperty("value");
      };
      await opens();
      await kim.goto("/keys?ring=kek");
      await kim.see("Put it in use. The product sees it.");
      await kim.button("Record a step: begin").click();
      await kim.fill("Note", "The rehearsal was read on Tuesday; nobody is away.");
      await kim.button("Record it").click();
      await kim.see("Kim Marsh, ");
      await kim.see("nobody is away.");
      await kim.goto("/keys");
      await kim.page.getByRole("progressbar", { name: "kek-1 to kek-2: 100 percent done" }).waitFor({ timeout: 60_000 });
      await opens();
    } finally {
      await reviewer.close();
    }
  }, 240_000);

  /** Makes the next key of a ring, at the console, by a passkey. */
  async function makeNext(person: ConsolePerson, ring: string): Promise<void> {
    await person.goto(`/keys?ring=${ring}`);
    await person.button("Make the next key: begin").click();
    await person.fill("Reason", REASON);
    await person.button("Go on").click();
    await person.button("Turn with your passkey").click();
    await person.see("Make the next key: done");
  }
  /** What a ring's drawer says now. */
  async function drawerOf(person: ConsolePerson, ring: string): Promise<string> {
    await person.goto(`/keys?ring=${ring}`);
    await person.see("The way back");
    return await person.page.getByRole("dialog").innerText();
  }
  /** Asks for the next key of a ring to be put in use; an administrator approves it with a passkey. */
  async function haveUsed(person: ConsolePerson, key: string, by: ConsolePerson): Promise<void> {
    await person.goto(`/keys?ring=${key.slice(0, key.indexOf("-"))}`);
    await person.button(`Put ${key} in use: begin`).click();
    await person.fill("Reason", REASON);
    await person.button("Ask for approval").click();
    await person.see("You asked for this yourself");
    await by.approveNext("The year is over.");
  }
  let kit: ConsolePerson | undefined;
  const keyCustodian = async (): Promise<ConsolePerson> =>
    (kit ??= await joined(browser, [people.alma, people.dora], { username: "kit", printedName: "Kit Marlow" }, "key_custodian", "*"));

  test("a key custodian has the audit key turned with an administrator's passkey, and every chain goes on with the next one, whole", async () => {
    const keeper = await keyCustodian();
    // Its minute runs while the other ring turns.
    await makeNext(keeper, "sign");
    await makeNext(keeper, "audit");
    await haveUsed(keeper, "audit-2", people.dora);
    await until(
      async () => !(await drawerOf(keeper, "audit")).includes("chains that go on with it still"),
      60_000,
      () => "a chain goes on with the old audit key",
    );
    expect(await drawerOf(keeper, "audit")).toMatch(/audit-2\s+active[\s\S]+audit-1\s+retiring/);
    const folder = join(product.folder, "turned");
    expect(await product.json(["--as", "auditor", "export", "--chain", "system", "--out", folder])).toMatchObject({ whole: true });
    expect(existsSync(join(folder, "generation-2.jsonl"))).toBe(true);
  }, 240_000);

  test("two people put the next signing key in use at the console, and who has the fingerprint of before verifies what is signed from then on", async () => {
    const keeper = await keyCustodian();
    const fingerprintOf = (key: string): Promise<string> =>
      keeper.page.getByRole("list", { name: "Keys" }).getByRole("listitem").filter({ hasText: key }).locator(".verdict-key").first().innerText();
    if (!(await drawerOf(keeper, "sign")).includes("sign-2")) await makeNext(keeper, "sign");
    await until(
      async () => !/Put the next key in use: (?:not before|waits)/.test(await drawerOf(keeper, "sign")),
      90_000,
      () => "the next signing key waits",
    );
    const before = await fingerprintOf("sign-1");
    const bundle = async (name: string) => product.json(["--as", "auditor", "export", "--chain", "system", "--out", join(product.folder, name)]);
    await bundle("signed-before");
    // Nobody puts it in use alone: it is no step here.
    expect(await keeper.button("Put the next key in use: begin").count()).toBe(0);
    await haveUsed(keeper, "sign-2", people.dora);
    expect(await drawerOf(keeper, "sign")).toMatch(/sign-2\s+active[\s\S]+sign-1\s+retiring/);
    const now = await fingerprintOf("sign-2");
    expect(now).not.toBe(before);
    await bundle("signed-after");
    const verified = async (name: string, key: string): Promise<number | null> => (await product.cli(["verify", join(product.folder, name), "--key", key])).code;
    expect([await verified("signed-before", before), await verified("signed-after", before), await verified("signed-after", now), await verified("signed-before", now)]).toEqual([
      0, 0, 0, 1,
    ]);
  }, 240_000);

  test("a person whose authenticator is lost enrols anew by a link that two others agreed to, and the old passkey opens nothing", async () => {
    const { alma, dora, greta } = people;
    await alma.goto("/people");
    await alma.button("Greta Holm").click();
    await alma.button("Recover a lost authenticator: begin").click();
    await alma.fill("Reason", REASON);
    await alma.button("Ask for approval").click();
    await alma.see("You asked for this yourself");
    // Opened last, so that the page's own look of every half minute is too late for what follows.
    await greta.goto(subjectPath);
    const value = await reveal(greta, "USUBJID", REASON);
    const link = await approvedLink(alma, dora);

    // The page with the open value was left by itself.
    await greta.page.waitForURL(/\/sign-in/, { timeout: 15_000 });
    await expectGone(greta, value);
    const anew = await ConsolePerson.open(browser, product.console);
    await anew.enrolWithPasskey(link, null);
    await anew.signInWithPasskey();
    await anew.heading("Overview");
    await anew.close();
    await greta.goto("/sign-in");
    await greta.button("Sign in with a passkey").click();
    await greta.page.locator('[data-code="signin.failed"]').first().waitFor();
  }, 120_000);

  test("an administrator is suspended when another approves it, and never below two", async () => {
    const { alma, boris, dora } = people;
    const askToSuspend = async (name: string): Promise<void> => {
      await alma.goto("/people");
      await alma.button(name).click();
      await alma.button("Suspend this administrator: begin").click();
      await alma.fill("Reason", REASON);
      await alma.button("Ask for approval").click();
    };
    await askToSuspend("Boris Lind");
    await alma.see("You asked for this yourself");
    await dora.approveNext(REASON);
    await boris.goto("/overview");
    await boris.page.waitForURL(/\/sign-in/);
    await askToSuspend("Dora Finch");
    await alma.page.locator('[data-code="people.floor"]').first().waitFor();
  }, 120_000);

  test("a terminal that shows a code is signed in by its owner at the console, acts as them, and stops at logout", async () => {
    const { dora } = people;
    const login = product.begin(["login"]);
    const [, code = ""] = await until(
      () => /enter ([A-Z]{4}-[A-Z]{4})/.exec(login.stderr),
      30_000,
      () => `no code: ${login.stderr}`,
    );
    await dora.goto("/terminal");
    await dora.fill("Code on your terminal", code);
    await dora.button("Sign the terminal in").click();
    await dora.see("The terminal is signed in as you.");
    expect(await login.ended).toMatchObject({ code: 0, stdout: expect.stringContaining("signed in as Dora Finch") as string });
    const overview = ["--as", "me", "call", "me.overview"];
    expect(await product.json(overview)).toMatchObject({ username: "dora" });
    expect((await product.cli(["logout"])).code).toBe(0);
    expect((await product.cli(overview)).code).not.toBe(0);
  }, 120_000);

  test("who does nothing is warned, can stay, and is signed out otherwise", async () => {
    const { rita } = people;
    const { page } = rita;
    await rita.goto("/subjects");
    await page.locator("a.subject-label").first().waitFor();
    await page.clock.fastForward("14:10");
    const warning = page.getByRole("alertdialog", { name: "Still there?" });
    await warning.waitFor();
    await warning.getByRole("button", { name: "Stay signed in" }).click();
    await warning.waitFor({ state: "detached" });
    await page.clock.fastForward("14:10");
    await warning.waitFor();
    await page.clock.fastForward("01:00");
    await rita.see("You were signed out because nothing was done for a while.");
    expect(await rita.context.cookies()).toEqual([]);
    await page.goBack().catch(() => null);
    expect(await page.locator("a.subject-label").count()).toBe(0);
  }, 120_000);

  test("nothing met what the browser's policy objects to", () => {
    for (const person of Object.values(people as unknown as Record<string, ConsolePerson>))
      expect(person.objections.filter((text) => /policy|trusted|refused to|unsafe/i.test(text))).toEqual([]);
  });
});
