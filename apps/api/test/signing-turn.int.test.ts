import { checkpointKeyName, signNote } from "@sallyport/audit";
import { ed25519FromSeed } from "@sallyport/crypto";
import { type Custodian, type CustodianStatus, documentStatement } from "@sallyport/custody";
import { activeKey, ringOf } from "@sallyport/custody/keys";
import { afterAll, beforeAll, expect, test } from "vitest";
import { STUDY } from "./dataset.ts";
import { custodianWith } from "./faulty-custodian.ts";
import { type Api, codeOf, dataOf, type Deployment, deployment, until } from "./stack.ts";

const CHAIN = `site:${STUDY}/701`;
let at: Deployment;
let api: Api;
/** What the node hears of the signing key; null for how it is. */
let heard: CustodianStatus["checkpointKey"] | null = null;
/** A custodian whose turns the node learns of late: when the test says so, or if it asks once an export was stated. */
const late = (real: Custodian): Custodian =>
  custodianWith(real, {
    status: async (options, deadlineMs) => {
      const status = await real.status(options, deadlineMs);
      return heard === null ? status : { ...status, checkpointKey: heard };
    },
    sign: (request, deadlineMs) => {
      if (request.kind === "export") heard = null;
      return real.sign(request, deadlineMs);
    },
  });

beforeAll(async () => {
  // Who has to agree to a turn, and when it may be, is shown elsewhere.
  at = await deployment({ ringRules: { held: false, inWindow: false, unused: true, approved: false } });
  api = await at.serve({ custodian: late });
  await at.seed(api);
}, 60_000);
afterAll(async () => {
  await api?.close();
  await at?.close();
});

/** The next key is made and put in use, and the node goes on with what it knew. */
async function turn(): Promise<void> {
  heard = api.process.watch.status().checkpointKey;
  for (const step of ["retire", "add", "activate"]) {
    const ring = ringOf(at.custodian.store, "sign");
    if (step === "retire" && !ring.keys.some(({ state }) => state === "retiring")) continue;
    await at.custodian.handle("rotate", Buffer.from(JSON.stringify({ kind: "step", ring: "sign", step, at: ring.at, statement: null })));
  }
}

test("who opens an export finds the key that states it known to the node, though it hadn't heard of the turn", async () => {
  await turn();
  const before = api.process.signingKey().vkey;
  const { vkey } = dataOf(await api.call("auditor", "trail.openExport", { chain: CHAIN })) as { vkey: string };
  expect([vkey === before, api.process.signingKey().vkey]).toEqual([false, vkey]);
});

/** What is in force is signed by the key in use, as if two people had just put it there. */
async function signAnew(kind: "policy" | "profile"): Promise<void> {
  const [row] =
    kind === "policy"
      ? await at.owner.run<{ canonical: string }>`SELECT canonical FROM policy.versions`
      : await at.owner.run<{ canonical: string }>`SELECT canonical FROM phi.profiles WHERE id = 'cdisc-sdtm'`;
  const { deployment: id, store } = at.custodian;
  const { privateKey } = ed25519FromSeed(Buffer.from(activeKey(ringOf(store, "sign")).secret, "base64url"));
  const note = signNote(documentStatement(kind, id, row?.canonical ?? ""), { name: checkpointKeyName(id), privateKey });
  await at.owner.transaction(async (tx) => {
    const trigger = (mode: string): Promise<unknown> => {
      const sql = `ALTER TABLE ${kind === "policy" ? "policy.versions" : "phi.profiles"} ${mode} TRIGGER immutable`;
      return tx(Object.assign([sql], { raw: [sql] }));
    };
    await trigger("DISABLE");
    await (kind === "policy" ? tx`UPDATE policy.versions SET note = ${note}` : tx`UPDATE phi.profiles SET note = ${note} WHERE id = 'cdisc-sdtm'`);
    await trigger("ENABLE ALWAYS");
  });
}

test("a policy and a profile by a key that the node hasn't heard of count for nothing, and are good once it has, with nothing new in the store", async () => {
  const { items } = dataOf(await api.call("reviewer701", "subjects.list", { study: STUDY })) as { items: readonly { subjectId: string }[] };
  const said = async (): Promise<string> => codeOf(await api.call("reviewer701", "subjects.get", { subjectId: items[0]?.subjectId }));
  const epochs = () => Promise.all([api.process.policies.epoch(), api.process.profileStore.epoch()]);
  await turn();
  expect(await said()).toBe("ok");
  await signAnew("profile");
  await until(async () => (await said()) === "profile.unsigned");
  await signAnew("policy");
  await until(async () => (await said()) === "policy.unsigned");
  const before = await epochs();
  heard = null;
  await until(async () => (await said()) === "ok", 5000);
  expect(await epochs()).toEqual(before);
}, 30_000);
