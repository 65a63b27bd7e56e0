import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { violationsOf } from "./support/axe.ts";
import { launchBrowser, noBrowser } from "./support/browser.ts";
import type { ConsolePerson } from "./support/console-person.ts";
import { beginSigning, openSequence, proveSigning } from "./support/document-pages.ts";
import { founders } from "./support/founders.ts";
import { joined } from "./support/invitation.ts";
import { identify } from "./support/people-pages.ts";
import { PILOT } from "./support/pilot-study.ts";
import { FIRST_BESIDE, printedPdf } from "./support/printed-pdf.ts";
import { startFounded } from "./support/founded.ts";
import { Product } from "./support/product.ts";
import { releasedSequence } from "./support/released-sequence.ts";

/** A picture of a PDF: so many points by as many, and what decodes it. */
interface Picture {
  readonly side: number;
  readonly bits: 1 | 8;
  readonly filter: string;
  readonly bytes: Buffer;
}
/** All black, each by another decoder. */
const BLACK: readonly Picture[] = [
  {
    side: 8,
    bits: 8,
    filter: "/Filter /JPXDecode",
    bytes: Buffer.from(
      "AAAADGpQICANCocKAAAAFGZ0eXBqcDIgAAAAAGpwMiAAAAAtanAyaAAAABZpaGRyAAAACAAAAAgAAQcHAAAAAAAPY29scgEAAAAAABEAAACQanAyY/9P/1EAKQAAAAAACAAAAAgAAAAAAAAAAAAAAAgAAAAIAAAAAAAAAAAAAQcBAf9SAAwAAAABAAMEBAAB/1wADUBASEhQSEhQSEhQ/2QAJQABQ3JlYXRlZCBieSBPcGVuSlBFRyB2ZXJzaW9uIDIuNS40/5AACgAAAAAAFQAB/5PfgAgHgICA/9k=",
      "base64",
    ),
  },
  {
    side: 64,
    bits: 1,
    filter: "/Filter /CCITTFaxDecode /DecodeParms << /K -1 /Columns 64 /Rows 64 >>",
    bytes: Buffer.from("26a0786ffffffffffffffffffffffffffffffff8008008", "hex"),
  },
  {
    side: 64,
    bits: 1,
    filter: "/Filter /JBIG2Decode",
    bytes: Buffer.from(
      "000000003000010000001300000040000000400000000000000000000000000000012600010000002900000040000000400000000000000000000126a0786ffffffffffffffffffffffffffffffff8008008",
      "hex",
    ),
  },
];

let product: Product;
let browser: Browser;
let rosa: ConsolePerson;
/** All that her browser asked for, and from where. */
const asked: URL[] = [];
/** How much it had objected to when she began to read. */
let before = 0;

beforeAll(async () => {
  if (noBrowser !== null) return;
  product = await startFounded();
  browser = await launchBrowser();
  const { alma, boris } = await founders(browser, product);
  rosa = await joined(browser, [boris, alma], { username: "rosa", printedName: "Rosa Imhof" }, "regulatory_reviewer", PILOT);
  await identify(boris, "Rosa Imhof");
  before = rosa.objections.length;
  rosa.context.on("request", (request) => asked.push(new URL(request.url())));
}, 480_000);
afterAll(async () => {
  if (noBrowser !== null) return;
  await browser.close();
  await product.remove();
}, 120_000);

const pageOf = (person: ConsolePerson, n: number, of: number) => person.page.getByRole("region", { name: `Page ${n} of ${of}` });

/** How many points of a page's picture aren't white, once it is drawn. */
async function inkOf(person: ConsolePerson, n: number, of: number): Promise<number> {
  const sheet = pageOf(person, n, of);
  await sheet.and(person.page.locator('[aria-busy="false"]')).waitFor();
  return await sheet.locator("canvas").evaluate((canvas) => {
    const { width, height } = canvas as HTMLCanvasElement;
    const points = (canvas as HTMLCanvasElement).getContext("2d")?.getImageData(0, 0, width, height).data ?? [];
    let ink = 0;
    for (let at = 0; at < points.length; at += 4) if ((points[at] ?? 255) < 128) ink++;
    return ink;
  });
}

/** Of a page with a line of text above a bar: how much of its ink, in square points, lies under the text that is laid over it, and how much elsewhere. */
async function inkUnderText(person: ConsolePerson, points: number): Promise<{ readonly under: number; readonly elsewhere: number }> {
  await inkOf(person, 1, 1);
  return await pageOf(person, 1, 1).evaluate((sheet, width) => {
    const [canvas, text] = [sheet.querySelector("canvas"), sheet.querySelector(".pdf-text span")];
    if (canvas === null || text === null) throw new Error("There is no page, or no text on it.");
    const [frame, box] = [canvas.getBoundingClientRect(), text.getBoundingClientRect()];
    const ratio = canvas.width / frame.width;
    const [left, top, right, bottom] = [box.left - frame.left, box.top - frame.top, box.right - frame.left, box.bottom - frame.top].map((side) => side * ratio) as [
      number,
      number,
      number,
      number,
    ];
    const dots = canvas.getContext("2d")?.getImageData(0, 0, canvas.width, canvas.height).data ?? [];
    const each = (width / canvas.width) ** 2;
    let [under, elsewhere] = [0, 0];
    for (let at = 0; at < canvas.width * canvas.height; at++) {
      if ((dots[4 * at] ?? 255) >= 128) continue;
      const [x, y] = [at % canvas.width, Math.floor(at / canvas.width)];
      if (x >= left && x < right && y >= top && y < bottom) under += each;
      else elsewhere += each;
    }
    return { under, elsewhere };
  }, points);
}

/** How many fonts of PDFs the page has. */
const fontsOf = async ({ page }: ConsolePerson): Promise<number> => await page.evaluate(() => [...document.fonts].filter(({ family }) => /^"?g_d/.test(family)).length);

describe.skipIf(noBrowser !== null)(`a PDF at the console${noBrowser === null ? "" : ` (skipped: ${noBrowser})`}`, () => {
  test("is drawn page by page where it is signed, with its text, by keyboard too; and is signed", async () => {
    await openSequence(rosa, await releasedSequence(product, "cover.pdf", printedPdf(["Module 1, cover letter", "Module 2, summary"])));
    await rosa.see("made in this browser, is the one above");
    expect(await inkOf(rosa, 1, 2)).toBeGreaterThan(200);
    expect(await pageOf(rosa, 1, 2).innerText()).toBe("Module 1, cover letter");
    const frame = rosa.page.getByRole("region", { name: "The document's pages" });
    await frame.focus();
    await rosa.page.keyboard.press("End");
    await expect.poll(async () => await rosa.page.locator(".pdf-place output").innerText()).toBe("Page 2 of 2");
    expect(await inkOf(rosa, 2, 2)).toBeGreaterThan(200);
    expect(await pageOf(rosa, 2, 2).innerText()).toBe("Module 2, summary");
    const widthOf = async (): Promise<number> => (await pageOf(rosa, 2, 2).boundingBox())?.width ?? 0;
    const fitted = await widthOf();
    await rosa.button("Zoom out").press("Enter");
    await expect.poll(widthOf).toBeLessThan(fitted);
    await rosa.button("Fit to width").press("Enter");
    await expect.poll(widthOf).toBe(fitted);
    const number = rosa.page.getByLabel("Page", { exact: true });
    await number.fill("3");
    await number.press("Enter");
    await rosa.see("From 1 to 2.");
    await number.fill("1");
    await number.press("Enter");
    await expect.poll(async () => await rosa.page.locator(".pdf-place output").innerText()).toBe("Page 1 of 2");
    await number.fill("2");
    await number.blur();
    await expect.poll(async () => await rosa.page.locator(".pdf-place output").innerText()).toBe("Page 2 of 2");
    await number.fill("3");
    await number.blur();
    expect(await number.inputValue()).toBe("2");
    await beginSigning(rosa);
    await rosa.button("I take my signatures to be so").click();
    await proveSigning(rosa, "Review");
    expect(await rosa.page.getByRole("table", { name: "Signatures" }).locator("tbody tr").count()).toBe(1);
    expect(await violationsOf(rosa.page)).toEqual([]);
    expect(await fontsOf(rosa)).toBeGreaterThan(0);
    await rosa.page.getByRole("navigation", { name: "Pages", exact: true }).getByRole("link", { name: "Documents", exact: true }).click();
    await expect.poll(async () => await fontsOf(rosa)).toBe(0);
  }, 150_000);

  test("of two thousand pages has a few of them in the page at a time", async () => {
    const lines = Array.from({ length: 2000 }, (_, at) => `Line of page ${at + 1}`);
    await openSequence(rosa, await releasedSequence(product, "long.pdf", printedPdf(lines)));
    await rosa.see("of 2,000");
    const number = rosa.page.getByLabel("Page", { exact: true });
    for (const n of [1500, 2000, 700]) {
      await number.fill(String(n));
      await number.press("Enter");
      expect(await inkOf(rosa, n, 2000)).toBeGreaterThan(200);
      expect(await pageOf(rosa, n, 2000).innerText()).toBe(`Line of page ${n}`);
      expect(await rosa.page.locator(".pdf-page").count()).toBeLessThanOrEqual(8);
    }
  }, 120_000);

  test("that would run, open or send something does none of it, and asks nobody for anything", async () => {
    const elsewhere = "http://elsewhere.example/";
    const uri = `<< /S /URI /URI (${elsewhere}uri) >>`;
    const bytes = printedPdf(["What it says"], {
      catalog: `/OpenAction ${FIRST_BESIDE} 0 R /AA << /WC ${FIRST_BESIDE} 0 R >> /AcroForm << /Fields [${FIRST_BESIDE + 3} 0 R] >> /Names << /JavaScript << /Names [(a) ${FIRST_BESIDE} 0 R] >> /EmbeddedFiles << /Names [(f) ${FIRST_BESIDE + 4} 0 R] >> >>`,
      page: `/AA << /O ${uri} >> /Annots [${FIRST_BESIDE + 1} 0 R ${FIRST_BESIDE + 2} 0 R ${FIRST_BESIDE + 3} 0 R]`,
      objects: [
        `<< /S /JavaScript /JS (app.alert\\(1\\); app.launchURL\\("${elsewhere}js", true\\)) /Next << /S /Launch /F (${elsewhere}launch) >> >>`,
        `<< /Type /Annot /Subtype /Link /Rect [0 0 595 842] /A ${uri} >>`,
        `<< /Type /Annot /Subtype /Link /Rect [0 0 595 842] /A << /S /SubmitForm /F (${elsewhere}form) >> /AA << /E ${uri} >> >>`,
        `<< /Type /Annot /Subtype /Widget /FT /Tx /T (t) /V (typed) /Rect [72 600 300 640] /AA << /F ${FIRST_BESIDE} 0 R >> >>`,
        `<< /Type /Filespec /F (${elsewhere}file.bin) /EF << /F ${FIRST_BESIDE + 5} 0 R >> >>`,
        "<< /Type /EmbeddedFile /Length 4 >>\nstream\nhere\nendstream",
      ],
    });
    const path = await releasedSequence(product, "acting.pdf", bytes);
    const happened: string[] = [];
    rosa.page.on("dialog", (dialog) => {
      happened.push(`dialog: ${dialog.message()}`);
      void dialog.dismiss();
    });
    rosa.context.on("page", (opened) => happened.push(`page: ${opened.url()}`));
    asked.length = 0;
    await openSequence(rosa, path);
    await rosa.see("It carries a file, which isn't opened here. It has scripts, of which none runs here.");
    expect(await inkOf(rosa, 1, 1)).toBeGreaterThan(200);
    await pageOf(rosa, 1, 1).click({ position: { x: 200, y: 300 } });
    await rosa.page.getByRole("region", { name: "The document's pages" }).hover();
    await rosa.page.waitForTimeout(1000);
    expect(await pageOf(rosa, 1, 1).locator("a, input, iframe, embed, object, script").count()).toBe(0);
    expect([happened, new URL(rosa.page.url()).pathname]).toEqual([[], path]);
    expect(asked.map(({ pathname }) => pathname)).toEqual(expect.arrayContaining(["/pdf/worker.mjs", "/pdf/fonts/LiberationSans-Regular.ttf"]));
    expect(asked.filter(({ origin }) => origin !== product.console).map(String)).toEqual([]);
  }, 120_000);

  test("that lacks its middle says so, shows nothing, and is saved", async () => {
    const whole = printedPdf(["A page that is lost", "Another"]).toString("latin1");
    const from = whole.indexOf("1 0 obj") + 20;
    const references = whole.slice(whole.indexOf("xref"), whole.lastIndexOf("startxref"));
    const cut = Buffer.from(`${whole.slice(0, from)}\n${references}startxref\n${from + 1}\n%%EOF\n`, "latin1");
    const path = await releasedSequence(product, "cut.pdf", cut);
    await openSequence(rosa, path);
    await rosa.see("This PDF isn't shown.");
    await rosa.see("It is damaged, or made in a way that can't be read here, so nothing of it is shown.");
    expect(await rosa.page.locator(".pdf-page").count()).toBe(0);
    const [download] = await Promise.all([rosa.page.waitForEvent("download"), rosa.button("Save a copy").click()]);
    expect(download.suggestedFilename()).toMatch(/^doc_.*-v1\.pdf$/);
    // What was opened and what was taken away are two crossings, each on record as what it was.
    const document = path.slice(path.lastIndexOf("/") + 1);
    const bodies = await product.withOwner((owner) => owner<{ body: string }[]>`SELECT body FROM audit.records WHERE body LIKE ${`%${document}%`} ORDER BY chain, generation, seq`);
    expect(bodies.flatMap(({ body }) => /;purpose=(\w+);from=0;bytes=\d+/.exec(body)?.[1] ?? [])).toEqual(["view", "download"]);
    // It goes on to be signed by whoever states that they read a copy, and saved one.
    await beginSigning(rosa);
    const [dialog, goOn] = [rosa.page.getByRole("dialog"), rosa.button("Go on")];
    const tick = dialog.getByRole("checkbox", { name: /^I read all of it in the copy that I saved/ });
    expect([await goOn.isDisabled(), await tick.isDisabled()]).toEqual([true, true]);
    await Promise.all([rosa.page.waitForEvent("download"), dialog.getByRole("button", { name: "Save a copy" }).click()]);
    await tick.check();
    expect(await goOn.isDisabled()).toBe(false);
  }, 120_000);

  /** Draws each of these pictures on a page, 100 points by as many. */
  const withPictures = (pictures: readonly Picture[]): Buffer =>
    printedPdf(["With pictures"], {
      resources: `/XObject << ${pictures.map((_, at) => `/P${at} ${FIRST_BESIDE + at} 0 R`).join(" ")} >>`,
      content: pictures.map((_, at) => `q 100 0 0 100 ${72 + 120 * at} 400 cm /P${at} Do Q`).join(" "),
      objects: pictures.map(
        ({ side, bits, filter, bytes }) =>
          `<< /Type /XObject /Subtype /Image /Width ${side} /Height ${side} /ColorSpace /DeviceGray /BitsPerComponent ${bits} ${filter} /Length ${bytes.length} >>\nstream\n${bytes.toString("latin1")}\nendstream`,
      ),
    });

  test("has its pictures drawn by decoders that this console itself serves", async () => {
    asked.length = 0;
    await openSequence(rosa, await releasedSequence(product, "pictures.pdf", withPictures(BLACK)));
    const ink = await inkOf(rosa, 1, 1);
    const width = await pageOf(rosa, 1, 1)
      .locator("canvas")
      .evaluate((canvas) => (canvas as HTMLCanvasElement).width);
    // Three squares of 100 points on a page of 595, less what an edge may lose, and the line above them.
    expect(ink / ((width * 100) / 595) ** 2).toBeGreaterThan(2.9);
    expect(await rosa.page.getByText("Not all of it is drawn:").count()).toBe(0);
    expect(asked.filter(({ origin }) => origin !== product.console).map(String)).toEqual([]);
  }, 120_000);

  // What decodes a fax makes something of whatever it gets.
  test("with a picture that can't be read says on which page", async () => {
    const unreadable = BLACK.filter(({ bits, filter }) => bits === 8 || filter.includes("JBIG2")).map((picture) => ({ ...picture, bytes: Buffer.from("no picture") }));
    for (const [at, picture] of unreadable.entries()) {
      await openSequence(rosa, await releasedSequence(product, `lost-${at}.pdf`, withPictures([...BLACK, picture])));
      await rosa.see("Not all of it is drawn:");
      await rosa.see("something on page 1 can't be read here.");
    }
  }, 120_000);

  test("with a picture that is too large for this says that its page isn't drawn, and shows nothing of it", async () => {
    const large: Picture = { side: 9000, bits: 8, filter: "", bytes: Buffer.from("too large") };
    await openSequence(rosa, await releasedSequence(product, "large.pdf", withPictures([...BLACK, large])));
    await rosa.see("This page couldn't be drawn. Something on it can't be read here.");
    await rosa.see("something on page 1 can't be read here.");
    expect(await pageOf(rosa, 1, 1).locator("canvas").getAttribute("width")).toBe("0");
  }, 120_000);

  test("with text in a font that it lacks says on which page", async () => {
    await openSequence(rosa, await releasedSequence(product, "font.pdf", printedPdf(["What is there"], { content: "BT /Nope 24 Tf 72 300 Td (What is lost) Tj ET" })));
    await rosa.see("something on page 1 can't be read here.");
    expect(await inkOf(rosa, 1, 1)).toBeGreaterThan(200);
  }, 120_000);

  test("whose pages are turned has its text where its picture has it", async () => {
    for (const turn of [90, 180, 270]) {
      await openSequence(rosa, await releasedSequence(product, `turned-${turn}.pdf`, printedPdf(["A page that is turned"], { page: `/Rotate ${turn}` })));
      const { under, elsewhere } = await inkUnderText(rosa, turn === 180 ? 595 : 842);
      // The bar has 800, and up to a third more by its edges; the text over a thousand.
      expect([turn, under > 1000, elsewhere < 1200]).toEqual([turn, true, true]);
    }
  }, 120_000);

  test("meets nothing that the browser's policy objects to", () => {
    expect(rosa.objections.slice(before).filter((text) => !/status of 401/.test(text))).toEqual([]);
  });
});
