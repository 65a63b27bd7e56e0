import { createRequire } from "node:module";
import { readFileSync } from "node:fs";
import type { Page } from "playwright-core";

const SOURCE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/**
 * What axe-core finds wrong with a page as it stands. The rules get in by the browser's debugger, so that the page's own policy needn't be
 * lifted for them.
 */
export async function violationsOf(page: Page): Promise<readonly string[]> {
  const devtools = await page.context().newCDPSession(page);
  await devtools.send("Runtime.evaluate", { expression: SOURCE });
  await devtools.detach();
  return await page.evaluate(async () => {
    const { axe } = globalThis as unknown as { axe: { run: (where: object) => Promise<{ violations: { id: string; nodes: { html: string }[] }[] }> } };
    // What was announced stays for seven seconds where only assistive technology reads it, longer than the busy button that its words were taken from.
    return (await axe.run({ exclude: ["[data-live-announcer]"] })).violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 160)).join(" | ")}`);
  });
}
