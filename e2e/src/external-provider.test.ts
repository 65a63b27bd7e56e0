import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { launchBrowser, noBrowser } from "./support/browser.ts";
import { ConsolePerson, foundingLinks } from "./support/console-person.ts";
import { Product } from "./support/product.ts";
import { StandInProvider } from "./support/stand-in-provider.ts";

let provider: StandInProvider;
let product: Product;
let browser: Browser;
let alma: ConsolePerson;

beforeAll(async () => {
  provider = await StandInProvider.start();
  product = await Product.prepare();
  await product.start(provider.settings);
  if (noBrowser !== null) return;
  browser = await launchBrowser();
  alma = await ConsolePerson.open(browser, product.console);
}, 300_000);
afterAll(async () => {
  if (noBrowser === null) await browser.close();
  await product.remove();
  provider.close();
}, 120_000);

test("the provider's secret is the api's alone, in a file, and no log has it", () => {
  const file = join(product.home, "secrets/api.provider-secret");
  expect(statSync(file).mode & 0o777).toBe(0o600);
  expect(readFileSync(file, "utf8")).toBe(`${provider.clientSecret}\n`);
  for (const name of ["api", "console", "custodian"]) expect(readFileSync(join(product.home, "logs", `${name}.log`), "utf8")).not.toContain(provider.clientSecret);
});

describe.skipIf(noBrowser !== null)(`in a browser${noBrowser === null ? "" : ` (skipped: ${noBrowser})`}`, () => {
  const withProvider = () => alma.button(`Sign in with ${new URL(provider.issuer).host}`);

  test("an identity that nobody linked signs nobody in, and its answer is gone from the address", async () => {
    const [one = "", two = ""] = foundingLinks(product.host.stdout);
    await alma.enrolWithPasskey(one, { username: "alma", printedName: "Alma Reyes" });
    const boris = await ConsolePerson.open(browser, product.console);
    await boris.enrolWithPasskey(two, { username: "boris", printedName: "Boris Lind" });
    await boris.close();
    await alma.goto("/sign-in");
    await withProvider().click();
    await alma.see("This did not prove who you are.");
    expect(alma.page.url()).toBe(`${product.console}/sign-in/provider`);
    expect(await alma.page.evaluate(() => JSON.stringify(history.state))).not.toContain("code-");
    expect(await alma.leftBehind()).not.toContain("code-");
  });

  test("its person links it with a passkey, and from then on it signs them in, until they unlink it", async () => {
    await alma.signInWithPasskey("/me");
    await alma.button(`Link one of ${new URL(provider.issuer).host}`).click();
    await alma.heading("Link an identity");
    expect(alma.page.url()).toBe(`${product.console}/sign-in/provider`);
    await alma.prove("Link");
    await alma.page.waitForURL("**/me");
    await alma.button(/^Unlink/).waitFor();
    await alma.context.clearCookies();
    await alma.goto("/sign-in");
    await withProvider().click();
    await alma.page.waitForURL("**/overview");
    await alma.goto("/me");
    await alma.see("provider");
    await alma.button(/^Unlink/).click();
    await alma.prove("Unlink");
    await alma.see("None is linked.");
    await alma.context.clearCookies();
    await alma.goto("/sign-in");
    await withProvider().click();
    await alma.see("This did not prove who you are.");
    expect(alma.objections.filter((text) => /policy|trusted|refused to|unsafe/i.test(text))).toEqual([]);
  });
});
