import { fingerprintOf } from "@sallyport/audit";
import { badTurns, heldKey, turnOf } from "@sallyport/audit/testing";
import { expect, test } from "vitest";
import { signingKeyOf } from "./signing-key.ts";

const [first, second, third] = [heldKey("first"), heldKey("second"), heldKey("third")];
const saying = (vkey: string, handovers: readonly string[]) => ({ vkey, handovers, fingerprint: fingerprintOf(vkey) });

test("the keys behind the custodian's are worked out when it says something new, and only then", () => {
  let said = saying(first.vkey, []);
  const key = signingKeyOf(() => said);
  expect(key()).toEqual({ vkey: first.vkey, handovers: [], behind: [first.vkey] });
  const before = key();
  said = saying(first.vkey, []);
  expect(key()).toBe(before);
  said = saying(second.vkey, [turnOf(first, second)]);
  expect(key()).toMatchObject({ vkey: second.vkey, behind: [second.vkey, first.vkey] });
  const after = key();
  said = saying(second.vkey, [turnOf(first, second)]);
  expect(key()).toBe(after);
  said = saying(second.vkey, [turnOf(first, second), turnOf(third, second)]);
  expect(key().behind).toEqual([second.vkey, first.vkey, third.vkey]);
});

test.each(badTurns(first, second))("a handover that %s leads to nothing", (_name, handovers) => {
  const key = signingKeyOf(() => saying(second.vkey, handovers));
  const behind = (): readonly string[] => {
    try {
      return key().behind;
    } catch {
      return [];
    }
  };
  expect(behind()).not.toContain(first.vkey);
});
