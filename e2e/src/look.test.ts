import { mkdirSync } from "node:fs";
import { join, resolve } from "node:path";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { violationsOf } from "./support/axe.ts";
import { launchBrowser, noBrowser } from "./support/browser.ts";
import { ConsolePerson } from "./support/console-person.ts";
import { documentLooks } from "./support/document-looks.ts";
import { governingLooks } from "./support/governing-looks.ts";
import { type Look, shows } from "./support/look.ts";
import { chooseDocument } from "./support/packet-pages.ts";
import { populated, type Populated } from "./support/populated.ts";
import { reviewLooks } from "./support/review-looks.ts";
import { serviceLooks } from "./support/service-looks.ts";
import { roleLooks } from "./support/role-looks.ts";
import { submissionLooks } from "./support/submission-looks.ts";
import { startFounded } from "./support/founded.ts";
import { Product } from "./support/product.ts";
import { enterSpooled } from "./support/spooled.ts";

/** A folder; every page is drawn into it. */
const SCREENSHOTS = process.env["SALLYPORT_SCREENSHOTS"];
const HEIGHTS = { 1440: 900, 390: 844 } as const;
/**
 * Each page on a screen in the light and on a phone in the dark, and axe goes over every other one on the screen, over the others on the phone; the long
 * run, and whoever draws, looks at both on both with axe.
 */
const LONG = process.env["SALLYPORT_TEST_LONG"] !== undefined;
const BOTH = ["light", "dark"] as const;
const OPENS_ANEW = LONG || SCREENSHOTS !== undefined;
const THEMES = OPENS_ANEW ? { 1440: BOTH, 390: BOTH } : ({ 1440: ["light"], 390: ["dark"] } as const);

let product: Product;
let browser: Browser;
let people: Populated;
let stranger: ConsolePerson;

beforeAll(async () => {
  if (noBrowser !== null) return;
  product = await startFounded();
  browser = await launchBrowser();
  people = await populated(product, browser);
  await enterSpooled(product);
  stranger = await ConsolePerson.open(browser, product.console);
  if (SCREENSHOTS !== undefined) mkdirSync(SCREENSHOTS, { recursive: true });
}, 600_000);
afterAll(async () => {
  if (noBrowser !== null) return;
  await browser.close();
  await product.remove();
}, 120_000);

/** Opens the window of an act on the first subject. */
async function openAct(person: ConsolePerson, act: string): Promise<void> {
  await person.goto("/subjects");
  await person.page.locator(".subject-label").first().click();
  await person.button("Acts").click();
  await person.page.getByRole("menuitem", { name: act }).click();
  await shows(person, ".will-record");
}

/** Brings up what a draft would change that says PHI of the country. */
async function proposeCountry(person: ConsolePerson): Promise<void> {
  await person.goto("/profiles/cdisc-sdtm");
  await person.button("Edit in the table").click();
  await person.fill("Find a variable", "COUNTRY");
  await person.page.getByLabel("Classification of DM.COUNTRY").selectOption("phi");
  await person.button("Show what it would change").click();
}

const LOOKS: readonly Look[] = [
  {
    name: "status",
    person: () => stranger,
    open: async (person) => {
      await person.goto("/");
      await shows(person, '.board[data-state="open"]');
    },
  },
  {
    name: "sign-in",
    person: () => stranger,
    open: async (person) => {
      await person.goto("/sign-in");
      await person.button("Use password and code instead").click();
    },
  },
  {
    name: "enrol",
    person: () => stranger,
    open: async (person) => {
      await person.page.goto("about:blank");
      await person.page.goto(people.openLink);
      await person.button(/go on/).waitFor();
    },
  },
  {
    name: "verify",
    person: () => stranger,
    open: async (person) => {
      await person.goto("/verify");
      await person.fill("A witness's key (optional)", "not a key");
      await person.see("A witness's key is its name");
    },
  },
  {
    name: "overview",
    person: () => people.dora,
    open: async (person) => {
      await person.goto("/overview");
      await shows(person, ".chart-frame");
    },
  },
  {
    name: "crossings",
    person: () => people.dora,
    isScreenOnly: true,
    open: async (person) => {
      await person.goto("/crossings");
      await shows(person, ".crossing-link");
    },
  },
  {
    name: "record",
    person: () => people.dora,
    isScreenOnly: true,
    open: async (person) => {
      await person.goto("/crossings?outcome=deny");
      await person.page.locator(".crossing-link").first().click();
      await shows(person, ".raw-line");
    },
  },
  {
    name: "subjects",
    person: () => people.clara,
    isScreenOnly: true,
    open: async (person) => {
      await person.goto("/subjects");
      await shows(person, ".subject-label");
    },
  },
  {
    name: "subject",
    person: () => people.clara,
    open: async (person) => {
      await person.goto("/subjects");
      await person.page.locator(".subject-label").first().click();
      await shows(person, ".masked-value");
    },
  },
  {
    name: "subject-history",
    person: () => people.clara,
    isScreenOnly: true,
    open: async (person) => {
      await person.goto("/subjects");
      await person.page.locator(".subject-label").first().click();
      await person.button("History of Demographics").click();
      await shows(person, ".history-version");
    },
  },
  {
    name: "subject-withdrawal",
    person: () => people.rosa,
    isScreenOnly: true,
    open: async (person) => await openAct(person, "Withdrawal of consent"),
  },
  {
    name: "subject-transfer",
    person: () => people.rosa,
    isScreenOnly: true,
    open: async (person) => await openAct(person, "Move to another site"),
  },
  {
    name: "subject-shred",
    person: () => people.rosa,
    isScreenOnly: true,
    open: async (person) => await openAct(person, "Shred for good"),
  },
  {
    name: "domain",
    person: () => people.clara,
    isScreenOnly: true,
    open: async (person) => {
      await person.goto(`/subjects/${people.affected}`);
      await person.page.getByRole("button", { name: /^AE/ }).click();
      await shows(person, ".wide-table");
    },
  },
  {
    name: "packets",
    person: () => people.stan,
    open: async (person) => {
      await person.goto("/packets?show=all");
      await shows(person, ".packet-name");
    },
  },
  {
    name: "packet",
    person: () => people.stan,
    open: async (person) => {
      await person.goto("/packets");
      await person.page.locator(".packet-name").first().click();
      await shows(person, ".wide-table");
    },
  },
  {
    name: "release",
    person: () => people.stan,
    isScreenOnly: true,
    open: async (person) => {
      await person.goto("/packets");
      await person.page.locator(".packet-name").first().click();
      await person.page.locator(".effect-acts").getByRole("button", { name: "Release" }).click();
      await shows(person, ".will-happen");
    },
  },
  {
    name: "released",
    person: () => people.stan,
    open: async (person) => {
      await person.goto("/packets?show=released");
      await person.page.locator(".packet-name").first().click();
      await person.heading("Released");
    },
  },
  {
    name: "upload",
    person: () => people.cora,
    open: async (person) => {
      await person.goto("/packets/upload");
      const file = (name: string, bytes: number) => ({ name, mimeType: "application/json", buffer: Buffer.alloc(bytes, 32) });
      await person.page.locator(".drop .file-input").setInputFiles([file("DM.json", 87_190), file("AE.json", 395_688), file("letter.pdf", 48_213)]);
      await chooseDocument(person, 3, { type: "IRB correspondence", place: "Site 701" });
      await person.see("3 files");
    },
  },
  {
    name: "profiles",
    person: () => people.stan,
    open: async (person) => {
      await person.goto("/profiles");
      await shows(person, ".profile-name");
    },
  },
  {
    name: "profile",
    person: () => people.alma,
    open: async (person) => {
      await proposeCountry(person);
      await shows(person, ".effect-line");
    },
  },
  ...roleLooks(() => people),
  ...serviceLooks(() => people),
  ...documentLooks(() => people),
  ...submissionLooks(() => people),
  ...governingLooks(() => people),
  ...reviewLooks(() => people),
];

/** Waits until nothing is loading, the frame knows for whom it is, and nothing is on its way in or out; what moves for ever is left to it. */
async function settled({ page }: ConsolePerson): Promise<void> {
  await page.waitForFunction(
    () =>
      document.querySelector('.skeleton-line, [aria-busy="true"]') === null &&
      document.querySelectorAll(".shell").length === document.querySelectorAll(".top-bar .initials").length,
  );
  await page.evaluate(async () => {
    await document.fonts.ready;
    const ending = document.getAnimations().filter((animation) => animation.effect?.getComputedTiming().endTime !== Number.POSITIVE_INFINITY);
    await Promise.allSettled(ending.map(async (animation) => await animation.finished));
  });
}

/** Draws the page as it stands: all of it, on a screen that is high enough, or what the screen shows where a window lies over it. */
async function draw({ page }: ConsolePerson, file: string, isScreenOnly: boolean): Promise<void> {
  const screen = page.viewportSize();
  if (screen === null) return;
  const height = await page.evaluate(() => document.documentElement.scrollHeight);
  if (!isScreenOnly && height > screen.height) await page.setViewportSize({ ...screen, height });
  await page.screenshot({ path: file });
  await page.setViewportSize(screen);
}

describe.skipIf(noBrowser !== null)(`on a screen and on a phone, light and dark${noBrowser === null ? "" : ` (skipped: ${noBrowser})`}`, () => {
  test.each(LOOKS.map((look, index) => ({ ...look, axeAt: index % 2 === 0 ? 1440 : 390 })))(
    "$name: axe finds nothing, nothing runs over the side, and the browser objects to nothing",
    async ({ name, person: whose, open, axeAt, isScreenOnly = false }) => {
      const person = whose();
      const before = person.objections.length;
      const found: string[] = [];
      for (const width of [1440, 390] as const) {
        await person.page.setViewportSize({ width, height: HEIGHTS[width] });
        await person.page.emulateMedia({ colorScheme: THEMES[width][0] });
        // A window that becomes narrow shows what one shows that was narrow from the start: the long run opens each anew.
        if (width === 1440 || OPENS_ANEW) await open(person);
        for (const theme of THEMES[width]) {
          await person.page.emulateMedia({ colorScheme: theme });
          await settled(person);
          const over = await person.page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
          if (over !== 0) found.push(`${width} ${theme}: ${over} pixels over the side`);
          if (OPENS_ANEW || width === axeAt) found.push(...(await violationsOf(person.page)).map((violation) => `${width} ${theme}: ${violation}`));
          if (SCREENSHOTS !== undefined) await draw(person, join(resolve(SCREENSHOTS), `${name}-${width}-${theme}.png`), isScreenOnly);
        }
      }
      // Whether there is a session is asked of the console, and 401 is how it says no.
      found.push(...person.objections.slice(before).filter((text) => !/status of 401/.test(text)));
      expect(found).toEqual([]);
    },
    120_000,
  );
});
