import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { launchBrowser, noBrowser } from "./support/browser.ts";
import type { ConsolePerson } from "./support/console-person.ts";
import { passkeyFounders } from "./support/founders.ts";
import { startFounded } from "./support/founded.ts";
import { Product } from "./support/product.ts";
import { allowInDraft, cell, propose, putToApproval } from "./support/role-pages.ts";
import { until } from "./support/until.ts";

const REASON = "exports are asked for in the spring review";
const EXPORTS = "security_admin trail.export trail";
const OPENS_PHI = "security_admin phi.read subject_phi";

let product: Product;
let browser: Browser;
let alma: ConsolePerson;
let boris: ConsolePerson;

beforeAll(async () => {
  if (noBrowser !== null) return;
  product = await startFounded();
  browser = await launchBrowser();
  ({ alma, boris } = await passkeyFounders(browser, product));
}, 300_000);
afterAll(async () => {
  if (noBrowser !== null) return;
  await browser.close();
  await product.remove();
}, 120_000);

/** Waits until the pages say so: a version is in effect on every node within a second. */
const untilShown = async (person: ConsolePerson, path: string, text: string | RegExp): Promise<void> => {
  await until(
    async () => {
      await person.goto(path);
      await person.heading(/./);
      return await person.page
        .getByText(text)
        .first()
        .waitFor({ timeout: 3000 })
        .then(
          () => true,
          () => null,
        );
    },
    30_000,
    () => `${path} doesn't say ${String(text)}`,
  );
};

describe.skipIf(noBrowser !== null)(`a policy is changed by two people in two browsers${noBrowser === null ? "" : ` (skipped: ${noBrowser})`}`, () => {
  test("a right is given in the matrix by keyboard, and before a reload takes the draft away the browser asks", async () => {
    await alma.goto("/crossings");
    await alma.button("Verify").waitFor();
    expect(await alma.button("Export").count()).toBe(0);
    await alma.goto("/roles/edit");
    await alma.page.locator(".matrix-cell").first().waitFor();
    await allowInDraft(alma, OPENS_PHI);
    await allowInDraft(alma, EXPORTS);
    const asked = alma.page.waitForEvent("dialog");
    await alma.page.evaluate(() => setTimeout(() => location.reload()));
    const dialog = await asked;
    expect(dialog.type()).toBe("beforeunload");
    await dialog.dismiss();
    await alma.see("Take back");
  }, 60_000);

  test("one that its tests forbid can't be put to approval, and a proposal goes on from there", async () => {
    await propose(alma, "Administrators export and see");
    await alma.see("1 test of");
    await alma.see("an administrator administers and sees no PHI");
    expect(await alma.button("Put it to approval").isDisabled()).toBe(true);
    await alma.page.getByRole("link", { name: "Go on editing" }).click();
    await alma.button(`Take back: ${OPENS_PHI.replace(" ", ": ")}`).click();
    await propose(alma, "Administrators export");
    await alma.see(/all [\d,]+ pass/);
  }, 60_000);

  test("it says exactly who gains what and where, and what it would have decided otherwise, before anybody is asked", async () => {
    const rights = alma.page.getByRole("table", { name: "Who gains and who loses what" }).getByRole("row");
    expect(await rights.filter({ hasText: "trail.export trail" }).count()).toBe(2);
    expect(await rights.count()).toBe(3);
    const saved = alma.page.waitForEvent("download");
    await alma.button("Export as CSV").click();
    expect((await saved).suggestedFilename()).toBe("impact-of-version-2.csv");
    await alma.button(/Decide the last/).click();
    await alma.see(/crossings? decided again: each as it was/);
    await alma.button("Put it to approval").click();
    await putToApproval(alma, REASON);
  }, 60_000);

  test("the second person comes from the request to what it does, and approves by passkey what they saw", async () => {
    await boris.goto("/approvals");
    await boris.page.locator(".row-open").first().click();
    await boris.see("security_admin: trail.export trail");
    await boris.page.getByRole("link", { name: /Who gains and who loses what/ }).click();
    await boris.heading("Who gains and who loses what");
    expect(await boris.button("Put it to approval").count()).toBe(0);
    await boris.approveNext(REASON);
  }, 60_000);

  test("then the right really works, and each decision is explained by version, rule and assignment", async () => {
    await untilShown(alma, "/roles", "Administrators export");
    await alma.goto("/crossings");
    await alma.button("Export").click();
    const saved = alma.page.waitForEvent("download");
    await alma.page.getByRole("dialog").getByRole("button", { name: "Export" }).click();
    expect((await saved).suggestedFilename()).toMatch(/^crossings-.*\.(?:csv|jsonl)$/);
    await alma.page.goto("about:blank");
    await alma.goto("/roles/reach?action=trail.export&resource=trail");
    await alma.page.getByRole("table", { name: "Who can" }).getByText("Alma Reyes").waitFor();
    await alma.goto("/subjects");
    await alma.page.locator('.refusal[data-code="policy.denied"]').first().waitFor();
    await untilShown(alma, "/crossings?outcome=deny", "subject.list");
    await alma.page.locator(".crossing-link").first().click();
    await alma.button("Explain this decision").click();
    await alma.see("denied by the policy");
    await alma.see("What would be needed");
  }, 90_000);

  test("and going back is one act, approved by the second person, after which it is refused again", async () => {
    await alma.goto("/roles/history");
    await alma.button(/^2: Administrators export/).click();
    await alma.see("Boris Lind");
    await alma.button("Close").click();
    await alma.button(/^1: /).click();
    await alma.button("Go back to this version").click();
    await putToApproval(alma, REASON);
    await boris.approveNext(REASON);
    await untilShown(alma, "/roles/history", /^3: /);
    await alma.goto("/roles/reach?action=trail.export&resource=trail");
    await alma.heading(/holders? of this right|Nobody can/);
    expect(await alma.page.getByText("Alma Reyes").count()).toBe(1);
    await alma.goto("/roles?acts=trail.export");
    await cell(alma, "auditor trail.export trail").waitFor();
    expect(await cell(alma, EXPORTS).getAttribute("class")).not.toContain("matrix-allowed");
    await alma.goto("/crossings");
    await alma.button("Verify").waitFor();
    expect(await alma.button("Export").count()).toBe(0);
  }, 90_000);

  test("met nothing that the browser's policy objects to", () => {
    for (const person of [alma, boris]) expect(person.objections.filter((text) => /policy|trusted|refused to|unsafe/i.test(text))).toEqual([]);
  });
});
