import fc from "fast-check";
import { expect, test } from "vitest";
import { openField, sealField } from "./field-cipher.ts";
import { dataKey, opens } from "./testing/field-fixture.ts";

const ascii = fc.string({ unit: "grapheme-ascii", minLength: 1, maxLength: 24 });
const anyPlace = fc.record({ study: ascii, site: ascii, subject: ascii, field: ascii, version: fc.integer({ min: 1, max: 9 }) });

test("every text opens where it was sealed, as it was", () => {
  fc.assert(
    fc.property(anyPlace, fc.string({ unit: "grapheme" }), (place, text) => {
      expect(openField(dataKey, place, sealField(dataKey, place, text))).toBe(text);
    }),
  );
});

test("a value opens at one place only", () => {
  fc.assert(
    fc.property(anyPlace, anyPlace, (here, there) => {
      const isSame = (["study", "site", "subject", "field", "version"] as const).every((name) => here[name] === there[name]);
      expect(opens(() => openField(dataKey, there, sealField(dataKey, here, "F")))).toBe(isSame);
    }),
  );
});

test("no other text opens", () => {
  const place = { study: "S", site: "1", subject: "sub", field: "DM.SEX.1", version: 1 };
  fc.assert(
    fc.property(fc.string(), (text) => {
      expect(opens(() => openField(dataKey, place, `sp1.${dataKey.id}.${text}`))).toBe(false);
    }),
  );
});
