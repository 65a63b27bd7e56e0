import { sha256, sha256Hex } from "@sallyport/crypto";
import { verifyDeeply } from "@sallyport/audit";
import { type LedgerRules, strictLedgerRules } from "@sallyport/custody/credentials";
import { type ArchivalRules, strictArchivalRules } from "@sallyport/custody/incidents";
import { codeOf } from "@sallyport/errors";
import { type Defence, faultTest } from "@sallyport/testkit";
import { expect } from "vitest";
import { archive, CHAIN, DAY_MS, manifestOf, payloadOf, type Ready, ready, settled } from "../test/archiving.ts";
import { approveAs, enrolPerson, person, statementOf } from "../test/people.ts";
import { type Running, start } from "../test/running.ts";

const lax: LedgerRules = { ...strictLedgerRules, separation: false };

/** What is asked, with everything right but what a test changes. */
interface Case {
  readonly rule: keyof ArchivalRules;
  readonly title: string;
  readonly kind?: string;
  readonly needed?: number;
  readonly change?: (running: Running, of: Ready) => Ready | Promise<Ready>;
  readonly approve?: (running: Running, of: Ready, statement: string) => Promise<unknown>;
  readonly wait?: number;
}

const CASES: readonly Case[] = [
  { rule: "kind", title: "an approval of another kind of act", kind: "lock.lift" },
  { rule: "enough", title: "one approval where two are needed", needed: 2 },
  { rule: "separation", title: "an approval by who asked for it", approve: (running, { ada }, statement) => approveAs(running, ada, statement) },
  {
    rule: "proven",
    title: "an approval that rests on the api's word",
    async approve(running, _of, statement) {
      const mallory = person();
      await enrolPerson(running, mallory, { kind: "invitation", approval: null });
      return approveAs(running, mallory, statement);
    },
  },
  {
    rule: "closed",
    title: "a generation that is open",
    async change(running, of) {
      await archive(running, of);
      await settled();
      running.clock.advance(30 * DAY_MS);
      const manifest = manifestOf(running, 2);
      return { ...of, manifest, payload: await payloadOf(running, 2, manifest) };
    },
  },
  { rule: "exact", title: "a generation of another size than the one that was approved", change: (_running, of) => ({ ...of, payload: { ...of.payload, size: "6" } }) },
  {
    rule: "incident",
    title: "a generation of a chain under an incident",
    async change(running, of) {
      // Of what came after: the generation itself is whole.
      running.trail.byChain.set(
        CHAIN,
        running.trail.rows(CHAIN).map((row) => (row.generation === 2 ? { ...row, body: row.body.replace("note", "nope").replace("allow", "denys") } : row)),
      );
      await running.client.status({ verify: [CHAIN] }, 5000);
      return of;
    },
  },
  {
    rule: "age",
    title: "a generation that ended less than the kept days ago",
    change(running, of) {
      running.clock.advance(-DAY_MS);
      return of;
    },
  },
  {
    rule: "manifest",
    title: "a bundle that holds other records than those that stand there",
    change: (_running, of) => withManifest(of, of.manifest.replace(/"sha256":"[0-9a-f]{64}"/, `"sha256":"${"0".repeat(64)}"`)),
  },
  {
    rule: "manifest",
    title: "a bundle that nobody verified: another manifest than the one that was approved",
    change: (_running, of) => ({ ...of, payload: { ...of.payload, manifest: "0".repeat(64) } }),
  },
  {
    rule: "whole",
    title: "a generation whose records were altered since they were signed",
    async change(running, of) {
      running.trail.byChain.set(
        CHAIN,
        running.trail.rows(CHAIN).map((row) => (row.generation === 1 && row.seq === 4 ? { ...row, body: row.body.replace("allow", "denys") } : row)),
      );
      return withManifest(of, manifestOf(running, 1));
    },
  },
  { rule: "inTime", title: "an approval of the day before", wait: DAY_MS },
];

const withManifest = (of: Ready, manifest: string): Ready => ({ ...of, manifest, payload: { ...of.payload, manifest: sha256Hex(manifest) } });

for (const { rule, title, kind, needed, change, approve, wait } of CASES)
  faultTest("A17", `${title} is not archived`, async (defence: Defence) => {
    // An altered record opens an incident of its own, and that rule would answer for this one.
    const rules = { ...strictArchivalRules, ...(rule === "whole" && { incident: false }), ...(defence === "off" && { [rule]: false }) };
    const running = await start({}, { rules: lax, archivalRules: rules });
    const first = await ready(running);
    const of = (await change?.(running, first)) ?? first;
    const statement = statementOf(running, of.ada, { kind: kind ?? "trail.archive", payload: of.payload, needed: needed ?? 1 });
    await (approve ?? ((...asked) => approveAs(asked[0], asked[1].bob, asked[2])))(running, of, statement);
    running.clock.advance(wait ?? 0);
    const response = of.ada.authenticator.assert(sha256(statement));
    expect(await running.client.approve({ kind: "archive", statement, response, manifest: of.manifest }, 5000).then(() => "archived", codeOf)).toBe("verb.refused");
  });

faultTest("A17", "who asked has nothing archived without a passkey that the custodian holds", async (defence) => {
  const running = await start({}, { archivalRules: { ...strictArchivalRules, requester: defence === "on" } });
  const { ada, bob, manifest, payload } = await ready(running);
  const statement = statementOf(running, ada, { kind: "trail.archive", payload });
  await approveAs(running, bob, statement);
  const response = bob.authenticator.assert(sha256(statement));
  expect(await running.client.approve({ kind: "archive", statement, response, manifest }, 5000).then(() => "archived", codeOf)).toBe("stepup.failed");
});

/** How somebody with the database goes on after an archival, and what is found. Off: a run that doesn't go by what the custodian remembers of it. */
const TAMPERING: readonly (readonly [title: string, kind: string, tamper: (running: Running, before: Running["trail"]["byChain"]) => void])[] = [
  [
    "records that were archived and stand there again",
    "inserted",
    (running, before) => void running.trail.byChain.set(CHAIN, [...(before.get(CHAIN) ?? []).filter(({ generation }) => generation === 1), ...running.trail.rows(CHAIN)]),
  ],
  ["a mark of an archival that was taken away", "missing", (running) => void running.trail.removed.splice(0)],
  [
    "a mark of an archival that names another bundle",
    "altered",
    (running) => void running.trail.removed.splice(0, 1, { ...(running.trail.removed[0] ?? expect.unreachable()), manifest: "0".repeat(64) }),
  ],
];
for (const [title, kind, tamper] of TAMPERING)
  faultTest("A18", `${title} is an incident`, async (defence) => {
    const running: Running = await start(
      {},
      {
        runDeeply: async (work, take) => {
          const { archived = [] } = work;
          for await (const verdict of verifyDeeply({ ...work, archived: defence === "on" ? archived : [] }, running.trail, running.clock.now)) take(verdict);
        },
      },
    );
    const of = await ready(running);
    const before = new Map(running.trail.byChain);
    await archive(running, of);
    await settled();
    tamper(running, before);
    const { incidents } = await running.client.status({ verify: [CHAIN] }, 5000);
    expect(incidents.filter(({ ended }) => ended === null)).toEqual([expect.objectContaining({ chain: CHAIN, generation: 1, kind })]);
  });

faultTest("A18", "records of a closed generation that are gone without an archival are a break", async (defence) => {
  const running = await start();
  const of = await ready(running);
  // Off: they were archived.
  if (defence === "off") await archive(running, of);
  await settled();
  running.trail.byChain.set(
    CHAIN,
    running.trail.rows(CHAIN).filter(({ generation }) => generation > 1),
  );
  const { incidents } = await running.client.status({ verify: [CHAIN] }, 5000);
  expect(incidents.filter(({ ended }) => ended === null)).toEqual([expect.objectContaining({ chain: CHAIN, generation: 1, from: 1, kind: "truncated" })]);
});
