import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";

const css = readFileSync(join(import.meta.dirname, "../app/tokens.css"), "utf8");
const pairs = [...css.matchAll(/--([a-z-]+):\s*light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\);/g)];
const themes = {
  light: Object.fromEntries(pairs.map(([, name = "", light = ""]) => [name, light])),
  dark: Object.fromEntries(pairs.map(([, name = "", , dark = ""]) => [name, dark])),
};

/** WCAG 2.2: relative luminance, and the contrast of two of them. */
function luminance(hex: string): number {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5]
    .map((at) => Number.parseInt(hex.slice(at, at + 2), 16) / 255)
    .map((channel) => (channel <= 0.04045 ? channel / 12.92 : ((channel + 0.055) / 1.055) ** 2.4));
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}
function contrast(one: string, other: string): number {
  const [high = 0, low = 0] = [luminance(one), luminance(other)].sort((a, b) => b - a);
  return (high + 0.05) / (low + 0.05);
}

describe.each(Object.entries(themes))("the %s theme", (_, role) => {
  const of = (name: string) => role[name] ?? "#000000";
  const surfaces = ["ground", "surface", "raised"];

  test.each(["ink", "ink-quiet", "accent", "stands", "caution", "shut", "unknown"].flatMap((text) => surfaces.map((surface) => [text, surface])))(
    "reads %s on %s at 4.5:1",
    (text = "", surface = "") => {
      expect(contrast(of(text), of(surface))).toBeGreaterThanOrEqual(4.5);
    },
  );

  test.each(["ink", "ink-quiet"])("reads %s on what is sunken at 4.5:1", (text) => {
    expect(contrast(of(text), of("sunken"))).toBeGreaterThanOrEqual(4.5);
  });

  test("reads what stands on the accent, and the accent on its wash, at 4.5:1", () => {
    for (const under of ["accent", "accent-strong"]) expect(contrast(of("on-accent"), of(under))).toBeGreaterThanOrEqual(4.5);
    for (const text of ["accent", "ink"]) expect(contrast(of(text), of("accent-wash"))).toBeGreaterThanOrEqual(4.5);
  });

  test.each(["stands", "caution", "shut"])("reads ink and the signal on the wash of %s at 4.5:1", (signal) => {
    expect(contrast(of("ink"), of(`${signal}-wash`))).toBeGreaterThanOrEqual(4.5);
    expect(contrast(of(signal), of(`${signal}-wash`))).toBeGreaterThanOrEqual(4.5);
  });

  test.each(["edge", "focus"].flatMap((line) => surfaces.map((surface) => [line, surface])))("sees %s on %s at 3:1", (line = "", surface = "") => {
    expect(contrast(of(line), of(surface))).toBeGreaterThanOrEqual(3);
  });
});

test("every colour is a role with a value for each theme", () => {
  expect(pairs.length).toBeGreaterThanOrEqual(20);
  expect(css.match(/#[0-9a-f]{3,8}\b/g)?.length).toBe((css.match(/light-dark\(#[0-9a-f]{6,8}, #[0-9a-f]{6,8}\)/g)?.length ?? 0) * 2);
});

test("no other style file names a colour", () => {
  const folder = join(import.meta.dirname, "..");
  const files = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((file) => /^(?:app|src)\/.*\.css$/.test(file) && !file.endsWith("tokens.css"));
  expect(files.length).toBeGreaterThan(4);
  for (const file of files) expect(readFileSync(join(folder, file), "utf8"), file).not.toMatch(/#[0-9a-f]{3,8}\b|\brgb|\bhsl|oklch/i);
});

test("every custom property that a style or a page reads is given somewhere", () => {
  const folders = ["../app", "."].map((name) => join(import.meta.dirname, name));
  const files = folders.flatMap((folder) => readdirSync(folder, { recursive: true, encoding: "utf8" }).map((name) => join(folder, name)));
  const text = files.filter((name) => /\.(?:css|tsx?)$/.test(name)).map((name) => readFileSync(name, "utf8"));
  const read = new Set(text.flatMap((part) => [...part.matchAll(/var\((--[a-z0-9-]+)/g)].map(([, name]) => name)));
  const given = new Set(text.flatMap((part) => [...part.matchAll(/(--[a-z0-9-]+)["'\]]*\s*:/g)].map(([, name]) => name)));
  // Given by the fonts' package, and by the component library while a list is open.
  for (const name of ["--font-geist-sans", "--font-geist-mono", "--trigger-width"]) given.add(name);
  expect(read.size).toBeGreaterThan(30);
  expect([...read].filter((name) => !given.has(name))).toEqual([]);
});
