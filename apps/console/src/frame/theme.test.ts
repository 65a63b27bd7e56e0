import { expect, test } from "vitest";
import { themeCookie, themeOf } from "./theme.ts";

test("a chosen theme is read back, and anything else follows the system", () => {
  expect(themeOf(themeCookie("dark"))).toBe("dark");
  expect(themeOf(`a=b; ${themeCookie("light")}`)).toBe("light");
  for (const cookies of [undefined, "", "sallyport-theme=", "sallyport-theme=blue", "xsallyport-theme=dark", "sallyport-theme=dark2"]) expect(themeOf(cookies)).toBe("system");
  expect(themeCookie("system")).toContain("Max-Age=0");
});
