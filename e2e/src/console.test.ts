import { createRequire } from "node:module";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { violationsOf } from "./support/axe.ts";
import { launchBrowser, noBrowser } from "./support/browser.ts";
import { startFounded } from "./support/founded.ts";
import { Product } from "./support/product.ts";
import { run } from "./support/program.ts";
import { checkExport, withAlteredRecord } from "./support/verify-page.ts";

const COPY = "Copy the fingerprint of the checkpoint key";
const LOOK_MS = 30_000;
/** A folder; a page that is checked is drawn into it. */
const SCREENSHOTS = process.env["SALLYPORT_SCREENSHOTS"];

let product: Product;
let browser: Browser;

beforeAll(async () => {
  product = await startFounded();
  if (noBrowser === null) browser = await launchBrowser();
}, 300_000);
afterAll(async () => {
  if (noBrowser === null) await browser.close();
  await product.remove();
}, 120_000);

/** A fresh page, and everything that the browser objects to on it. */
async function open(options: BrowserContextOptions = {}): Promise<{ readonly page: Page; readonly objections: string[] }> {
  const context = await browser.newContext(options);
  const page = await context.newPage();
  const objections: string[] = [];
  page.on("console", (message) => {
    if (message.type() === "error" || message.type() === "warning") objections.push(message.text());
  });
  page.on("pageerror", (error) => objections.push(error.message));
  page.on("requestfailed", (request) => objections.push(`failed: ${request.url()}`));
  await page.goto(product.console, { waitUntil: "networkidle" });
  return { page, objections };
}

async function drawn(page: Page, name: string): Promise<void> {
  if (SCREENSHOTS !== undefined) await page.screenshot({ path: join(SCREENSHOTS, `${name}.png`), fullPage: true });
}

const stateOf = (page: Page, state: string) => page.locator(`.board[data-state="${state}"]`).waitFor({ timeout: LOOK_MS });

test("the page comes with a strict policy, a nonce of its own each time, and nothing inline without it", async () => {
  const [first, second] = [await fetch(product.console), await fetch(product.console)];
  const policies = [first, second].map((answer) => answer.headers.get("content-security-policy") ?? "");
  const nonces = policies.map((policy) => /'nonce-([^']+)'/.exec(policy)?.[1] ?? "");
  expect(nonces[0]).not.toBe(nonces[1]);
  expect(policies[0]).toContain("default-src 'none'");
  expect(policies[0]).not.toMatch(/unsafe|\*|https?:|data:/);
  const html = await first.text();
  const tags = html.match(/<(?:script|style)\b[^>]*>/g) ?? [];
  expect(tags.length).toBeGreaterThan(0);
  for (const tag of tags) expect(tag).toContain(`nonce="${nonces[0]}"`);
  expect(html).not.toMatch(/<[^>]+\son[a-z]+=|javascript:/i);
  expect(first.headers.get("cache-control")).toBe("private, no-store");
});

test("a visitor of 127.0.0.1 is sent to localhost", async () => {
  const answer = await fetch(`http://127.0.0.1:${product.consolePort}/`, { redirect: "manual" }).catch(() => null);
  // Where the console listens on ::1 alone there is nobody to send; a browser then finds nothing there.
  expect(answer?.status).toBe(308);
  expect(answer?.headers.get("location")).toBe(`${product.console}/`);
});

describe.skipIf(noBrowser !== null)(`in a browser${noBrowser === null ? "" : ` (skipped: ${noBrowser})`}`, () => {
  test("the five pillars are shown from the api's own word, with its fingerprint, and nothing is objected to", async () => {
    const { page, objections } = await open();
    await stateOf(page, "open");
    await page.getByRole("heading", { name: "The door is open" }).waitFor({ timeout: LOOK_MS });
    const { health } = await product.json<{ health: { deployment: string; checkpoint: { fingerprint: string } } }>(["--as", "auditor", "status"]);
    expect((await page.locator(".fingerprint").innerText()).replaceAll(/\s/g, "")).toBe(health.checkpoint.fingerprint);
    expect(await page.locator(".board").innerText()).toContain(health.deployment);
    for (const name of ["Workload", "Principal", "Policy", "PHI", "Trail"]) expect(await page.getByText(new RegExp(`^${name}$`, "i")).count()).toBeGreaterThan(0);
    expect(objections).toEqual([]);
    await page.context().close();
  }, 90_000);

  test("the door shuts on the page when the api is gone, and opens again by itself when it is back", async () => {
    const { page } = await open();
    await stateOf(page, "open");
    const api = await product.pidOf("api");
    // The supervisor is held back: it would have the api up again before the page asks.
    product.host.child.kill("SIGSTOP");
    try {
      process.kill(api, "SIGKILL");
      await stateOf(page, "closed");
      expect(await page.locator("h1").innerText()).not.toContain("open");
    } finally {
      product.host.child.kill("SIGCONT");
    }
    await stateOf(page, "open");
    await page.context().close();
  }, 120_000);

  test("the keyboard alone reaches the copy button, and it copies the fingerprint", async () => {
    const { page } = await open({ permissions: ["clipboard-read", "clipboard-write"] });
    await stateOf(page, "open");
    const focused = () => page.evaluate(() => document.activeElement?.getAttribute("aria-label") ?? document.activeElement?.textContent ?? "");
    const seen: string[] = [];
    for (let presses = 0; presses < 12 && seen.at(-1) !== COPY; presses += 1) {
      await page.keyboard.press("Tab");
      seen.push(await focused());
    }
    expect(seen[0]).toContain("Skip");
    expect(seen.at(-1)).toBe(COPY);
    await page.keyboard.press("Enter");
    await page.getByText("Copied", { exact: true }).first().waitFor({ timeout: LOOK_MS });
    expect(await page.evaluate(() => navigator.clipboard.readText())).toBe((await page.locator(".fingerprint").innerText()).replaceAll(/\s/g, ""));
    await page.context().close();
  }, 90_000);

  test("an export is checked by anybody in their browser: whole, self-consistent or broken where it is, and nothing of it is sent", async () => {
    const bundle = join(product.folder, "exported");
    const { fingerprint } = await product.json<{ fingerprint: string }>(["--as", "auditor", "export", "--chain", "system", "--out", bundle]);
    const { page, objections } = await open();
    await page.goto(product.console + ((await page.getByRole("link", { name: "Check an export" }).getAttribute("href")) ?? ""));
    await page.getByRole("heading", { name: "Check an export" }).waitFor();
    const asked: string[] = [];
    page.context().on("request", (request) => asked.push(`${request.method()} ${new URL(request.url()).pathname}`));

    await checkExport(page, bundle, fingerprint);
    const verdict = page.locator(".verify");
    expect(await verdict.innerText()).toMatch(/Whole, by the key that you gave[^]*\d+ records?, \d+ checkpoints?[^]*This proves[^]*This doesn't prove/i);
    expect(await violationsOf(page)).toEqual([]);
    await drawn(page, "verify-whole");

    await checkExport(page, bundle, "");
    expect(await verdict.innerText()).toContain("Agrees with itself; the key is not pinned");
    await checkExport(page, withAlteredRecord(bundle, join(product.folder, "altered"), 2), fingerprint);
    expect(await verdict.innerText()).toMatch(/Broken at one place[^]*altered\s*generation 1, record 2/);
    await page.setViewportSize({ width: 390, height: 844 });
    expect(await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)).toBe(0);
    expect(await violationsOf(page)).toEqual([]);
    await drawn(page, "verify-broken-narrow");
    const excerpt = join(product.folder, "some.excerpt.jsonl");
    await product.json(["--as", "auditor", "excerpt", "--chain", "system", "--out", excerpt]);
    await checkExport(page, excerpt, fingerprint);
    expect(await verdict.innerText()).toMatch(/Whole, by the key that you gave[^]*no record from 1 to \d+ is left out/);
    await checkExport(page, join(product.folder, "home"), fingerprint);
    expect(await verdict.innerText()).toContain("This is no export that can be read");
    await page.getByLabel("The key's fingerprint").fill("sha256:short");
    await page.getByText("A fingerprint is sha256: and 64 hexadecimal digits.").waitFor();

    expect([...new Set(asked)]).toEqual(["GET /verifier/worker.js"]);
    expect(objections).toEqual([]);
    await page.context().close();
  }, 120_000);

  test("the verifier that the page hands out runs by itself, and says the same", async () => {
    const file = join(product.folder, "sallyport-verify.mjs");
    writeFileSync(file, await (await fetch(`${product.console}/verifier/sallyport-verify.mjs`)).text());
    const { code, stdout } = await run(process.execPath, [file, join(product.folder, "altered")], { cwd: product.folder });
    expect(code).toBe(1);
    expect(stdout).toMatch(/^broken\n {2}altered at generation 1, seq 2: /);
  }, 30_000);

  test.each([
    [390, "light"],
    [390, "dark"],
    [1440, "light"],
    [1440, "dark"],
  ] as const)(
    "at %i pixels, %s, nothing runs over the side and axe finds nothing",
    async (width, colorScheme) => {
      // The policy is lifted here for axe's own script; the tests above hold it.
      const { page } = await open({ viewport: { width, height: 900 }, colorScheme, bypassCSP: true });
      await stateOf(page, "open");
      expect(await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)).toBe(0);
      const brightness = await page.evaluate(() => {
        const context = document.createElement("canvas").getContext("2d");
        if (context === null) return Number.NaN;
        for (const element of [document.documentElement, document.body]) {
          context.fillStyle = getComputedStyle(element).backgroundColor;
          context.fillRect(0, 0, 1, 1);
        }
        const [red = 0, green = 0, blue = 0] = context.getImageData(0, 0, 1, 1).data;
        return (red + green + blue) / 3;
      });
      expect(brightness > 128).toBe(colorScheme === "light");
      await page.addScriptTag({ content: readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8") });
      const violations = await page.evaluate(async () => {
        const { axe } = globalThis as unknown as { axe: { run: () => Promise<{ violations: { id: string; nodes: { html: string }[] }[] }> } };
        return (await axe.run()).violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 100)).join(" | ")}`);
      });
      expect(violations).toEqual([]);
      await page.context().close();
    },
    90_000,
  );
});
