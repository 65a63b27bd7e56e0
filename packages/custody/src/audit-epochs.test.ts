import { auditKeyIdIn, auditKeyIn } from "@sallyport/audit";
import { seededBytes } from "@sallyport/testkit";
import { expect, test } from "vitest";
import { MemoryMarks } from "../test/memory-marks.ts";
import { AuditEpochs } from "./audit-epochs.ts";
import type { KeptKey, KeyRing } from "./key-ring.ts";

const key = (n: number, state: KeptKey["state"], secret: string | null = Buffer.from(seededBytes(`epoch ${n}`)(32)).toString("base64url")): KeptKey => ({
  id: `audit-${n}`,
  state,
  secret,
  fromS: 0,
  untilS: null,
});

/** Epochs over marks in memory and a ring of these keys, which a step changes. */
function epochsOf(...keys: readonly KeptKey[]) {
  const marks = new MemoryMarks();
  let ring: KeyRing = { ring: "audit", at: keys.length, last: null, keys };
  const store = {
    get: (kind: "epoch" | "keyring", id: string) => (kind === "keyring" ? ring : marks.get(kind, id)),
    all: marks.all.bind(marks),
    put: marks.put.bind(marks),
    record: () => undefined,
    durable: () => Promise.resolve(),
  };
  return {
    epochs: new AuditEpochs(store as unknown as ConstructorParameters<typeof AuditEpochs>[0]),
    store,
    step: (...changed: readonly KeptKey[]) => (ring = { ...ring, at: ring.at + 1, keys: changed }),
  };
}
const begin = { chain: "system", generation: 2, seq: 0 } as const;

test("once the first key is destroyed, a chain that nothing was ever written to is verified by the key in use, and keeps no run from ending", () => {
  const { epochs, step } = epochsOf(key(1, "retired"), key(2, "active"));
  expect([epochs.verifyingIdOf("site:S/1", 1), auditKeyIdIn(epochs.all(), "site:S/1", 1)]).toEqual(["audit-1", "audit-1"]);
  step(key(1, "destroyed", null), key(2, "active"));
  expect([epochs.verifyingIdOf("site:S/1", 1), auditKeyIdIn(epochs.all(), "site:S/1", 1)]).toEqual(["audit-2", "audit-2"]);
  expect(auditKeyIn(epochs.all(), "site:S/1", 1).equals(epochs.keyOf("site:S/1", 1))).toBe(true);
  // What is said of what it did seal stays so.
  expect(epochs.idOf("system", 1)).toBe("audit-1");
});

test("no seal of a generation is answered before the key that it was given is on disk, whoever asks meanwhile", async () => {
  const { epochs, store } = epochsOf(key(1, "retiring"), key(2, "active"));
  let written = (): void => undefined;
  store.durable = () => new Promise<void>((settle) => (written = settle));
  const answered: string[] = [];
  epochs.sealing(begin);
  const first = Promise.resolve(epochs.settled("first")).then((answer) => answered.push(answer));
  epochs.sealing(begin);
  const second = Promise.resolve(epochs.settled("second")).then((answer) => answered.push(answer));
  await new Promise((turn) => setImmediate(turn));
  expect(answered).toEqual([]);
  written();
  await Promise.all([first, second]);
  expect(answered.toSorted()).toEqual(["first", "second"]);
  expect(epochs.settled("at once")).toBe("at once");
});
