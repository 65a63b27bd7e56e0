import { randomBytes } from "node:crypto";
import { codeOf, SallyportError } from "@sallyport/errors";
import { faultTest } from "@sallyport/testkit";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { STANDS, type Stand } from "../test/root-stands.ts";
import { newRoot, openRoot, readHeader, headerLine, type RootContext, wrappedRootKey } from "./root-wrapper.ts";

const HERE: RootContext = { application: "sallyport", root: "root_here" };
const THERE: RootContext = { application: "sallyport", root: "root_there" };

/** What a failure says, everywhere where it could say something. */
function saidBy(error: unknown): string {
  if (!(error instanceof SallyportError)) return `not ours: ${String(error)}`;
  const cause = error.cause instanceof Error ? [error.cause.message, error.cause.stack] : [];
  return JSON.stringify([error.code, error.message, error.stack, error.context, cause]);
}
const failureOf = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => null,
    (error: unknown) => error,
  );

for (const { provider, missing, stand: raise } of STANDS) {
  // Visibly: its name says why.
  describe.skipIf(missing !== null)(`a root key by ${provider}${missing === null ? "" : ` (skipped: ${missing})`}`, () => {
    let stand: Stand;
    beforeAll(async () => {
      stand = await raise();
      await stand.wrapper().prepare?.();
      await stand.wrapper({ isOther: true }).prepare?.();
    }, 30_000);
    afterAll(() => stand.close());

    test("opens what it wrapped, in its context and in no other, by its key and by no other, and nothing that was altered", async () => {
      const secret = randomBytes(32);
      const wrapper = stand.wrapper();
      const wrapped = await wrapper.wrap(secret, HERE);
      expect(wrapped).toMatch(/^[\x20-\x7e]+$/);
      expect(wrapped).not.toContain(secret.toString("base64").slice(0, 20));
      expect((await stand.wrapper().unwrap(wrapped, HERE)).equals(secret)).toBe(true);
      expect(await wrapper.wrap(secret, HERE)).not.toBe(wrapped);
      expect(await failureOf(wrapper.unwrap(wrapped, THERE)).then(codeOf)).toBe("custodian.store");
      expect(await failureOf(stand.wrapper({ isOther: true }).unwrap(wrapped, HERE)).then(codeOf)).toBe("custodian.store");
      const start = wrapped.startsWith("vault:") ? "vault:v1:".length : 0;
      const bytes = Buffer.from(wrapped.slice(start), "base64");
      for (const at of [0, 13, Math.floor(bytes.length / 2), bytes.length - 1]) {
        const altered = Buffer.from(bytes);
        altered[at] = (altered[at] ?? 0) ^ 1;
        const text = wrapped.slice(0, start) + altered.toString(provider === "file" || provider === "pkcs11" ? "base64url" : "base64");
        const failure = await failureOf(wrapper.unwrap(text, HERE));
        // The first byte of a blob of the KMS names the key; all others are authenticated.
        if (provider !== "aws-kms" || at > 1) expect(codeOf(failure)).toBe("custodian.store");
      }
      for (const short of ["", "x", wrapped.slice(0, start + 8)]) expect(await failureOf(wrapper.unwrap(short, HERE)).then(codeOf)).toBe("custodian.store");
    });

    test("a root secret is made and opened, and its line is read in one spelling alone", async () => {
      const header = await newRoot(stand.wrapper());
      const line = headerLine(header);
      expect(readHeader(line)).toEqual(header);
      expect((await openRoot(header, stand.wrapper())).length).toBe(32);
      expect(await failureOf(openRoot({ ...header, id: "root_other" }, stand.wrapper())).then(codeOf)).toBe("custodian.store");
      for (const bad of [line.replace('"key"', '"k"'), line.replace(`"${provider}"`, '"other"'), `${line} `, line.slice(0, -1)]) expect(() => readHeader(bad)).toThrow(/store/);
    });

    test("away, it fails, and what was opened serves for five seconds and no longer; when it is back, it opens", async () => {
      let nowMs = 0;
      const header = await newRoot(stand.wrapper());
      const key = wrappedRootKey(header, stand.wrapper(), () => nowMs);
      const before = await key.derive("kek");
      stand.take();
      try {
        nowMs = 4999;
        expect((await key.derive("kek")).equals(before)).toBe(true);
        nowMs = 5000;
        const failure = await failureOf(key.derive("kek"));
        expect(["keys.unavailable", "secret.missing"]).toContain(codeOf(failure));
        for (const secret of stand.secrets) expect(saidBy(failure)).not.toContain(secret);
      } finally {
        stand.giveBack();
      }
      // A failure is not remembered.
      expect((await key.derive("kek")).equals(before)).toBe(true);
    });

    test("who asks at once shares one answer", async () => {
      const header = await newRoot(stand.wrapper());
      const asked = stand.service?.asked.length ?? 0;
      const key = wrappedRootKey(header, stand.wrapper());
      await Promise.all(Array.from({ length: 50 }, () => key.derive("kek")));
      if (stand.service !== null) expect(stand.service.asked.length - asked).toBe(1);
    });

    faultTest("E6", `a root secret by ${provider} that isn't the one that was wrapped is not used`, async (defence) => {
      const header = await newRoot(stand.wrapper());
      const other = { ...stand.wrapper(), unwrap: () => Promise.resolve(randomBytes(32)) };
      expect(await failureOf(defence === "on" ? openRoot(header, other) : openRoot(header, other, () => undefined)).then(codeOf)).toBe("keys.unavailable");
    });
  });
}

faultTest(
  "E6",
  "a root key that hangs, on a token or at a key service, ends in keys.unavailable within two seconds",
  async (defence) => {
    const raised = await Promise.all(STANDS.filter(({ provider, missing }) => provider !== "file" && missing === null).map(({ stand }) => stand()));
    onTestFinished(() => raised.forEach((stand) => stand.close()));
    const late = new Promise((resolve) => setTimeout(resolve, 1950, "nothing"));
    const hanging = raised.map((stand) => stand.hanging(defence === "on" ? {} : { deadlineMs: 60_000 }));
    const came = await Promise.all(hanging.map((wrapper) => Promise.race([failureOf(wrapper.unwrap("vault:v1:AAAA", HERE)), late])));
    expect(came.map(codeOf)).toEqual(raised.map(() => "keys.unavailable"));
  },
  10_000,
);
