import { randomBytes } from "node:crypto";
import { type Connection, SallyportClientError } from "@sallyport/client";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { launchBrowser, noBrowser } from "./support/browser.ts";
import { exportedRecords } from "./support/exported-records.ts";
import { type Founders, founders } from "./support/founders.ts";
import { askToInvite, REASON } from "./support/invitation.ts";
import { inventedDemographics, PILOT } from "./support/pilot-study.ts";
import { startFounded } from "./support/founded.ts";
import { Product } from "./support/product.ts";
import { enterSpooled } from "./support/spooled.ts";
import { until } from "./support/until.ts";

/** A node waits ten seconds before it replays by itself: who is slower than that hands over once more. */
const TRIES = 4;

let product: Product;
let browser: Browser;
let admins: Founders;
let ingest: Connection;

beforeAll(async () => {
  if (noBrowser !== null) return;
  product = await startFounded();
  browser = await launchBrowser();
  admins = await founders(browser, product);
  ingest = product.connect("ingest");
}, 300_000);
afterAll(async () => {
  if (noBrowser !== null) return;
  await ingest.close();
  await browser.close();
  await product.remove();
}, 120_000);

const upload = (key: string): Promise<unknown> =>
  ingest.api.packets.upload.mutate({ study: PILOT, content: inventedDemographics(1) }, { context: { acceptLater: true, idempotencyKey: key } });

/** Has an upload kept while the custodian doesn't answer; answers its receipt, once the custodian goes on. */
async function handedOver(): Promise<string> {
  // A service hands over with a token that it has already.
  await upload(randomBytes(16).toString("hex"));
  const custodian = await product.pidOf("custodian");
  process.kill(custodian, "SIGSTOP");
  try {
    const failure = await upload(randomBytes(16).toString("hex")).then(
      () => null,
      (error: unknown) => error,
    );
    if (!(failure instanceof SallyportClientError) || failure.receipt === undefined) throw new Error(`it wasn't kept: ${String(failure)}`);
    return failure.receipt;
  } finally {
    process.kill(custodian, "SIGCONT");
  }
}

describe.skipIf(noBrowser !== null)(`the spool at the console${noBrowser === null ? "" : ` (skipped: ${noBrowser})`}`, () => {
  test("is replayed at once when somebody presses Replay now, and that is on record", async () => {
    const { alma } = admins;
    const rowOf = (receipt: string) => alma.page.locator("tr").filter({ hasText: receipt });
    let isWanted = false;
    for (let attempt = 0; attempt < TRIES && !isWanted; attempt++) {
      await alma.goto("/spool");
      await alma.see("This node");
      const receipt = await handedOver();
      const replay = alma.button("Replay now");
      await until(
        async () => {
          await alma.page.reload();
          await rowOf(receipt).waitFor();
          return (await replay.count()) === 0 || (await replay.isEnabled());
        },
        60_000,
        () => "the node didn't get well",
      );
      if ((await replay.count()) === 0) continue;
      await replay.click();
      await alma.see("Wanted, and on record: one request is sent through the boundary now, in order.");
      await rowOf(receipt).getByText("replayed", { exact: true }).waitFor();
      await rowOf(receipt).getByRole("link", { name: "see the trace" }).waitFor();
      expect(await replay.count()).toBe(0);
      const records = await exportedRecords(product, "system");
      expect(records.filter(({ action, decision }) => action === "spool.replay" && decision === "allow").map(({ role }) => role)).toContain("security_admin");
      isWanted = records.some(({ action, reason, detail }) => action === "spool.replay" && reason === "begins" && detail.endsWith("wanted=yes"));
    }
    expect(isWanted).toBe(true);
  }, 240_000);

  test("is discarded once another administrator approves, and not before", async () => {
    const { alma, boris } = admins;
    await askToInvite(boris, { username: "fay", printedName: "Fay Okoro" }, /^auditor/, "Everywhere");
    await enterSpooled(product);
    const waits = alma.page.locator("tr .badge").filter({ hasText: /^waits$/ });
    await alma.goto("/spool");
    await alma.button("Discard all 2").click();
    await alma.see("for good. The services learn it by their receipts");
    await alma.fill("Reason", REASON);
    await alma.button("Ask for approval").click();
    await alma.page.waitForURL(/\/approvals\?show=mine&request=apr_/);
    await alma.see("You asked for this yourself");
    const request = new URL(alma.page.url()).searchParams.get("request") ?? "";
    await alma.goto("/spool");
    await expect.poll(async () => await waits.count()).toBe(2);
    await boris.goto("/approvals");
    await boris.page.locator(".row-open").first().click();
    await boris.see("requests of svc_ingest");
    await boris.approveNext(REASON);
    await alma.goto("/spool");
    await alma.see("Its node hasn't removed its content yet.");
    expect([await waits.count(), await alma.button(/^Discard/).count(), await alma.button("Replay now").count()]).toEqual([0, 0, 0]);
    await alma.page.locator(`a[href$="request=${request}"]`).first().click();
    await alma.page.waitForURL(new RegExp(request));
    await alma.see("requests of svc_ingest");
  }, 120_000);
});
