import { faultTest, seededBytes } from "@sallyport/testkit";
import { expect } from "vitest";
import { aes256Gcm } from "./aead.ts";
import { bindFieldPlace, FieldCipher, type FieldPlace, strictFieldParts } from "./field-cipher.ts";
import { unwrapDataKey, wrapDataKey } from "./envelope.ts";
import { secretKey } from "./digest.ts";
import { dataKey, flipBit, laxAead, opens, place, uncheckedAead } from "./testing/field-fixture.ts";

const strict = new FieldCipher();
const bytes = seededBytes("field faults");

/** Refused, with the one code for every way of not opening. */
const expectRefused = (call: () => unknown, what: string): void => {
  expect(opens(call), what).toBe(false);
  expect(call, what).toThrow("phi.integrity");
};

faultTest("E1", "a sealed field with any bit turned over doesn't open", async (defence) => {
  const cipher = defence === "on" ? strict : new FieldCipher({ ...strictFieldParts, aead: uncheckedAead });
  const sealed = strict.seal(dataKey, place, "F");
  const text = Buffer.from(sealed, "latin1");
  for (let bit = 0; bit < text.length * 8; bit += 1) expectRefused(() => cipher.open(dataKey, place, flipBit(text, bit).toString("latin1")), `bit ${bit} of the text`);
  const cut = sealed.lastIndexOf(".") + 1;
  const joined = Buffer.from(sealed.slice(cut), "base64url");
  for (let bit = 0; bit < joined.length * 8; bit += 1) {
    expectRefused(() => cipher.open(dataKey, place, sealed.slice(0, cut) + flipBit(joined, bit).toString("base64url")), `bit ${bit} of nonce, ciphertext or tag`);
  }
  await Promise.resolve();
});

faultTest("E1", "a wrapped key with any bit turned over doesn't unwrap", async (defence) => {
  const wrapping = { kekId: "kek-1", kek: secretKey(bytes(32)), share: bytes(32), context: { purpose: "subject", id: place.subject } };
  const wrapped = wrapDataKey(wrapping, bytes(32));
  const cut = wrapped.lastIndexOf(".") + 1;
  const joined = Buffer.from(wrapped.slice(cut), "base64url");
  for (let bit = 0; bit < joined.length * 8; bit += 1) {
    expectRefused(() => unwrapDataKey(wrapping, wrapped.slice(0, cut) + flipBit(joined, bit).toString("base64url"), defence === "on" ? aes256Gcm : uncheckedAead), `bit ${bit}`);
  }
  await Promise.resolve();
});

const moved: readonly (readonly [string, Partial<FieldPlace>])[] = [
  ["study", { study: "CDISCPILOT02" }],
  ["site", { site: "704" }],
  ["subject", { subject: "sub_1123456789abcdefghjkmnpqrs" }],
  ["field", { field: "DM.RACE.1" }],
  ["record", { field: "DM.SEX.2" }],
  ["version", { version: 2 }],
];
for (const [component, other] of moved) {
  faultTest("E2", `a field moved to another ${component} doesn't open`, async (defence) => {
    const cipher = defence === "on" ? strict : new FieldCipher({ ...strictFieldParts, bind: () => Buffer.alloc(0) });
    const sealed = cipher.seal(dataKey, place, "F");
    expect(cipher.open(dataKey, place, sealed)).toBe("F");
    expectRefused(() => cipher.open(dataKey, { ...place, ...other }, sealed), component);
    await Promise.resolve();
  });
}

faultTest("E2", "a boundary moved between two components is another place", async (defence) => {
  const joinedPlace = (_: string, at: FieldPlace): Buffer => Buffer.from(at.study + at.site + at.subject + at.field);
  const cipher = defence === "on" ? strict : new FieldCipher({ ...strictFieldParts, bind: joinedPlace });
  const sealed = cipher.seal(dataKey, { ...place, study: "S1", site: "23" }, "F");
  expectRefused(() => cipher.open(dataKey, { ...place, study: "S12", site: "3" }, sealed), "study and site");
  await Promise.resolve();
});

faultTest("E3", "a tag of 0 to 15 or of 17 bytes never opens", async (defence) => {
  const aead = defence === "on" ? aes256Gcm : laxAead;
  const nonce = bytes(12);
  const sealed = aes256Gcm.seal(dataKey.key, nonce, Buffer.from("F"), Buffer.alloc(0));
  const tag = Buffer.concat([sealed.subarray(13), Buffer.alloc(1)]);
  for (const length of [...Array.from({ length: 16 }, (_, n) => n), 17]) {
    expect(
      opens(() => aead.open(dataKey.key, nonce, sealed.subarray(12, 13), tag.subarray(0, length), Buffer.alloc(0))),
      `${length} bytes`,
    ).toBe(false);
  }
  await Promise.resolve();
});

faultTest("E3", "a nonce of another length than 12 bytes neither seals nor opens", async (defence) => {
  const aead = defence === "on" ? aes256Gcm : laxAead;
  for (const length of [0, 1, 8, 11, 13, 16]) {
    const nonce = bytes(length);
    expect(
      opens(() => aead.seal(dataKey.key, nonce, Buffer.from("F"), Buffer.alloc(0))),
      `seal, ${length} bytes`,
    ).toBe(false);
    expect(
      opens(() => aead.open(dataKey.key, nonce, Buffer.from("F"), Buffer.alloc(16), Buffer.alloc(0))),
      `open, ${length} bytes`,
    ).toBe(false);
  }
  await Promise.resolve();
});

faultTest("E4", "an old value put back in place of a newer one doesn't open", async (defence) => {
  const withoutVersion = (keyId: string, at: FieldPlace): Buffer | null => bindFieldPlace(keyId, { ...at, version: 1 });
  const cipher = defence === "on" ? strict : new FieldCipher({ ...strictFieldParts, bind: withoutVersion });
  const old = cipher.seal(dataKey, place, "F");
  expect(cipher.open(dataKey, { ...place, version: 2 }, cipher.seal(dataKey, { ...place, version: 2 }, "M"))).toBe("M");
  expectRefused(() => cipher.open(dataKey, { ...place, version: 2 }, old), "version 1 as version 2");
  await Promise.resolve();
});

faultTest("E5", "a value of another version, another key's name or an older form doesn't open", async (defence) => {
  const lenientForm = { ...strictFieldParts.form, read: (_: string, sealed: string) => Buffer.from(sealed.slice(sealed.lastIndexOf(".") + 1), "base64url") };
  const withoutHeader = (_: string, at: FieldPlace): Buffer | null => bindFieldPlace("any", at);
  const cipher = defence === "on" ? strict : new FieldCipher({ ...strictFieldParts, form: lenientForm, bind: withoutHeader });
  const sealed = cipher.seal(dataKey, place, "F");
  const body = sealed.slice(sealed.lastIndexOf(".") + 1);
  const others = [
    `sp2.${dataKey.id}.${body}`,
    `SP1.${dataKey.id}.${body}`,
    `sp1.another-1.${body}`,
    `sp1..${body}`,
    `sp1.${body}`,
    body,
    Buffer.from(body, "base64url").toString("base64"),
    `${sealed}=`,
    ` ${sealed}`,
  ];
  for (const other of others) expectRefused(() => cipher.open(dataKey, place, other), other.slice(0, 8));
  await Promise.resolve();
});
