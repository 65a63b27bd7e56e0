import { approvalDigest } from "@sallyport/audit";
import { sha256 } from "@sallyport/crypto";
import { type LedgerRules, openFoundingLinks, strictLedgerRules } from "@sallyport/custody/credentials";
import { codeOf } from "@sallyport/errors";
import { type Defence, faultTest } from "@sallyport/testkit";
import { expect } from "vitest";
import { approveAs, enrolPerson, founders, person, statementOf } from "../test/people.ts";
import { PARTY, type Running, start } from "../test/running.ts";

const outcome = (work: Promise<unknown>): Promise<string> => work.then(() => "done", codeOf);
/** A custodian that keeps every rule, or all but this one. */
const without = (rule: keyof LedgerRules, defence: Defence): Promise<Running> => start({}, { rules: { ...strictLedgerRules, [rule]: defence === "on" } });

faultTest("S8", "an approval's assertion is good for its own statement alone", async (defence) => {
  const running = await start();
  const [ada, bob] = await founders(running);
  const [seen, swapped] = [statementOf(running, ada), statementOf(running, ada)];
  const response = bob.authenticator.assert(sha256(seen));
  expect(await outcome(running.client.approve({ kind: "approve", statement: defence === "on" ? swapped : seen, person: bob.id, response }, 2000))).toBe("stepup.failed");
});

faultTest("S8", "a statement in which one character was changed isn't what was approved", async (defence) => {
  const running = await start();
  const [ada, bob] = await founders(running);
  const seen = statementOf(running, ada, { effectDigest: "0".repeat(64) });
  const response = bob.authenticator.assert(sha256(seen));
  const tampered = defence === "on" ? seen.replace("0".repeat(64), `1${"0".repeat(63)}`) : seen;
  expect(await outcome(running.client.approve({ kind: "approve", statement: tampered, person: bob.id, response }, 2000))).toBe("stepup.failed");
});

faultTest("S8", "an approval after its statement's end is refused by the custodian's own clock", async (defence) => {
  const running = await without("inForce", defence);
  const [ada, bob] = await founders(running);
  const statement = statementOf(running, ada);
  running.clock.advance(86_400_000);
  expect(await outcome(approveAs(running, bob, statement))).toBe("approval.state");
});

faultTest("S8", "another person's passkey approves nothing in one's name", async (defence) => {
  const running = await without("ownCredential", defence);
  const [ada, bob] = await founders(running);
  const statement = statementOf(running, person());
  const response = ada.authenticator.assert(sha256(statement));
  expect(await outcome(running.client.approve({ kind: "approve", statement, person: bob.id, response }, 2000))).toBe("stepup.failed");
});

faultTest("S8", "an assertion that another site had made approves nothing", async (defence) => {
  const elsewhere = { id: "localhost", origin: "http://localhost:4000" };
  const running = await start({}, { party: defence === "on" ? PARTY : elsewhere });
  const [ada, bob] = await founders(running);
  expect(await outcome(approveAs(running, bob, statementOf(running, ada), { origin: elsewhere.origin }))).toBe("stepup.failed");
});

faultTest("S1", "an approval by a passkey whose user wasn't verified is refused by the custodian", async (defence) => {
  const running = await without("userVerified", defence);
  const [ada, bob] = await founders(running);
  expect(await outcome(approveAs(running, bob, statementOf(running, ada), { userVerified: false }))).toBe("stepup.failed");
});

faultTest("T13", "an authenticator's copy, whose count is behind what the custodian saw, approves nothing", async (defence) => {
  const running = await without("counter", defence);
  const [ada, bob] = await founders(running);
  await approveAs(running, bob, statementOf(running, ada), { counter: 9 });
  expect(await outcome(approveAs(running, bob, statementOf(running, ada), { counter: 8 }))).toBe("stepup.failed");
});

faultTest("T13", "a founding link is good once", async (defence) => {
  const running = await without("once", defence);
  const [link] = openFoundingLinks(running.custodian.store);
  const basis = { kind: "founding", secret: link?.secret ?? "" } as const;
  await enrolPerson(running, person(), basis);
  expect(await outcome(enrolPerson(running, person(), basis))).toBe("enrolment.invalid");
});

faultTest("T13", "an approved enrolment is good for one passkey", async (defence) => {
  const running = await without("once", defence);
  const [ada, bob] = await founders(running);
  const cara = person();
  const statement = statementOf(running, ada, { kind: "person.invite", payload: { personId: cara.id } });
  await approveAs(running, bob, statement);
  const basis = { kind: "invitation", approval: approvalDigest(statement) } as const;
  await enrolPerson(running, cara, basis);
  running.clock.advance(900_000);
  expect(await outcome(enrolPerson(running, cara, basis))).toBe("approval.state");
});

faultTest("R6", "who asked for an act can't have the custodian take their approval of it", async (defence) => {
  const running = await without("separation", defence);
  const [ada] = await founders(running);
  expect(await outcome(approveAs(running, ada, statementOf(running, ada)))).toBe("policy.separation");
});

faultTest("R6", "whom an act is about can't have the custodian take their approval of it", async (defence) => {
  const running = await without("separation", defence);
  const [ada, bob] = await founders(running);
  expect(await outcome(approveAs(running, bob, statementOf(running, ada, { payload: { personId: bob.id } })))).toBe("policy.separation");
});
