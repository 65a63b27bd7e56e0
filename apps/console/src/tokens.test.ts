import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";

const css = readFileSync(join(import.meta.dirname, "../app/tokens.css"), "utf8");
const [light = "", rest = ""] = css.split("@media (prefers-color-scheme: dark)");
const rolesOf = (text: string) => Object.fromEntries([...text.matchAll(/--([a-z-]+):\s*(#[0-9a-f]{6});/g)].map(([, name, value]) => [name, value])) as Record<string, string>;
const themes = { light: rolesOf(light), dark: { ...rolesOf(light), ...rolesOf(rest) } };

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
  const surfaces = ["ground", "surface"];

  test.each(["ink", "ink-quiet", "accent", "stands", "caution", "shut", "unknown"].flatMap((text) => surfaces.map((surface) => [text, surface])))(
    "reads %s on %s at 4.5:1",
    (text = "", surface = "") => {
      expect(contrast(of(text), of(surface))).toBeGreaterThanOrEqual(4.5);
    },
  );

  test.each(["stands", "caution", "shut"])("reads ink and the signal on the wash of %s at 4.5:1", (signal) => {
    expect(contrast(of("ink"), of(`${signal}-wash`))).toBeGreaterThanOrEqual(4.5);
    expect(contrast(of(signal), of(`${signal}-wash`))).toBeGreaterThanOrEqual(4.5);
  });

  test.each(["edge", "focus"].flatMap((line) => surfaces.map((surface) => [line, surface])))("sees %s on %s at 3:1", (line = "", surface = "") => {
    expect(contrast(of(line), of(surface))).toBeGreaterThanOrEqual(3);
  });
});

test("every role of the light theme that is a colour has one in the dark theme", () => {
  expect(Object.keys(rolesOf(rest)).sort()).toEqual(Object.keys(rolesOf(light)).sort());
});

test("no other style file names a colour", () => {
  for (const file of ["base.css", "status.css", "globals.css"])
    expect(readFileSync(join(import.meta.dirname, "../app", file), "utf8")).not.toMatch(/#[0-9a-f]{3,8}\b|rgb|hsl|oklch/i);
});
