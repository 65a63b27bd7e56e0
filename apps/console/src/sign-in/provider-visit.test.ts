import { expect, test } from "vitest";
import { providerAnswer } from "./provider-visit.ts";

const STATE = "a".repeat(43);

test("an answer says what its visit was for, and is passed on as it came", () => {
  expect(providerAnswer(`?code=c%2Fd&state=s.${STATE}`)).toEqual({ query: `code=c%2Fd&state=s.${STATE}`, state: `s.${STATE}`, isLink: false });
  expect(providerAnswer(`?error=access_denied&state=l.${STATE}`)?.isLink).toBe(true);
});

test.each(["", "?", "?code=c", `?state=${STATE}`, `?state=x.${STATE}`, `?state=s.${STATE}a`])("%j is no answer", (search) => {
  expect(providerAnswer(search)).toBeNull();
});
