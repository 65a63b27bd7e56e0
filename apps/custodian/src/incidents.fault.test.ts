import { sha256 } from "@sallyport/crypto";
import { type ReleaseRules, strictReleaseRules } from "@sallyport/custody/incidents";
import { type LedgerRules, strictLedgerRules } from "@sallyport/custody/credentials";
import { verifyDeeply } from "@sallyport/audit";
import { codeOf } from "@sallyport/errors";
import { type Defence, faultTest } from "@sallyport/testkit";
import { expect } from "vitest";
import { approveAs, enrolPerson, founders, person, type Person, statementOf } from "../test/people.ts";
import { type Running, start } from "../test/running.ts";

const CHAIN = "site:S/701";
const INCIDENT_END_MS = 86_400_000;
type Over = NonNullable<Parameters<typeof statementOf>[2]>;

/** Five signed records, of which the last ones were deleted with the head that counted them; the chain has gone on. */
async function cut(running: Running, left = 3): Promise<string> {
  const { trail, client, custodian } = running;
  await trail.append(client, custodian.deployment, CHAIN, 5);
  await client.sign({ kind: "checkpoint", chains: [CHAIN] }, 2000);
  trail.byChain.set(CHAIN, trail.rows(CHAIN).slice(0, left));
  const { incidents } = await client.status({ verify: [CHAIN] }, 5000);
  const [incident] = incidents;
  expect(incident).toMatchObject({ from: left + 1, to: 5, kind: "rolled back", isFrozen: true });
  trail.begin(CHAIN, 2);
  await client.sign({ kind: "checkpoint", chains: [CHAIN] }, 2000);
  return incident?.id ?? "";
}

for (const left of [4, 1, 0])
  faultTest("A2", `records that were signed and then deleted from the end (${5 - left} of 5) are an incident, with the range`, async (defence) => {
    const running: Running = await start(
      {},
      {
        // Off: a run that doesn't go by what was signed.
        runDeeply: async (work, take) => {
          for await (const verdict of verifyDeeply(defence === "on" ? work : { ...work, marks: [] }, running.trail, running.clock.now)) take(verdict);
        },
      },
    );
    await cut(running, left);
  });

/** What is asked of a release, with everything right but what a test changes. */
interface Case {
  readonly rule: keyof ReleaseRules;
  readonly title: string;
  readonly over?: (running: Running, named: string) => Over;
  readonly approve?: (running: Running, ada: Person, bob: Person, statement: string) => Promise<unknown>;
  readonly wait?: number;
}

const lax: LedgerRules = { ...strictLedgerRules, separation: false };
const CASES: readonly Case[] = [
  { rule: "kind", title: "an approval of another kind of act", over: () => ({ kind: "lock.lift" }) },
  { rule: "enough", title: "one approval where two are needed", over: () => ({ needed: 2 }) },
  { rule: "separation", title: "an approval by who asked for it", approve: (running, ada, _bob, statement) => approveAs(running, ada, statement) },
  {
    rule: "proven",
    title: "an approval that rests on the api's word",
    async approve(running, _ada, _bob, statement) {
      const mallory = person();
      await enrolPerson(running, mallory, { kind: "invitation", approval: null });
      return approveAs(running, mallory, statement);
    },
  },
  { rule: "exact", title: "an approval of another range", over: (_running, named) => ({ payload: { incidents: [named.replace("from=4", "from=5")] } }) },
  { rule: "inTime", title: "an approval of the day before", wait: INCIDENT_END_MS },
];

for (const { rule, title, over, approve, wait } of CASES)
  faultTest("A4", `${title} ends no incident`, async (defence: Defence) => {
    const running = await start({}, { rules: lax, releaseRules: { ...strictReleaseRules, [rule]: defence === "on" } });
    const [ada, bob] = await founders(running);
    const named = `incident=${await cut(running)};chain=${CHAIN};generation=1;from=4;to=5;kind=rolled_back`;
    const statement = statementOf(running, ada, { kind: "incident.release", payload: { incidents: [named] }, ...over?.(running, named) });
    await (approve ?? ((...of) => approveAs(of[0], of[2], of[3])))(running, ada, bob, statement);
    running.clock.advance(wait ?? 0);
    const response = ada.authenticator.assert(sha256(statement));
    expect(await running.client.approve({ kind: "release", statement, response }, 2000).then(() => "ended", codeOf)).toBe("verb.refused");
  });

faultTest("A4", "who asked ends no incident without a passkey that the custodian holds", async (defence) => {
  const running = await start({}, { releaseRules: { ...strictReleaseRules, requester: defence === "on" } });
  const [ada, bob] = await founders(running);
  const named = `incident=${await cut(running)};chain=${CHAIN};generation=1;from=4;to=5;kind=rolled_back`;
  const statement = statementOf(running, ada, { kind: "incident.release", payload: { incidents: [named] } });
  await approveAs(running, bob, statement);
  const response = bob.authenticator.assert(sha256(statement));
  expect(await running.client.approve({ kind: "release", statement, response }, 2000).then(() => "ended", codeOf)).toBe("stepup.failed");
});
