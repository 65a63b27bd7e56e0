import { faultTest } from "@sallyport/testkit";
import { afterAll, beforeAll, expect } from "vitest";
import { type Asked, asked as askedBy, decided as decidedBy } from "./approval-steps.ts";
import type { Ports } from "./lax-ports.ts";
import { Persons, type SignedIn } from "./persons.ts";
import { type Api, codeOf, type Deployment, deployment } from "./stack.ts";
import { PASSWORD_PROOF, proofOver, provenByDigest } from "./step-up-ports.ts";

const LONG = process.env["SALLYPORT_TEST_LONG"] !== undefined;
const TRIES = LONG ? 1000 : 12;
const REASON = "because it has to be so";

let at: Deployment;
let persons: Persons;
let ada: SignedIn;
let ben: SignedIn;
let cyd: SignedIn;
let count = 0;
beforeAll(async () => {
  at = await deployment();
  persons = await Persons.of(at);
  [ada, ben, cyd] = [await persons.add("ada", "security_admin"), await persons.add("ben", "security_admin"), await persons.add("cyd", "security_admin")];
});
afterAll(async () => {
  persons?.close();
  await at?.close();
});

const both =
  (...ports: readonly Ports[]): Ports =>
  (real) =>
    ports.reduce((deps, each) => each(deps), real);

/** An api with steps of its own, and a fresh person to ask about. */
async function served(ports: Ports = (real) => real): Promise<{ readonly api: Api; readonly someone: SignedIn }> {
  const api = await at.serve({ ports: both(provenByDigest(), ports) });
  const someone = await persons.add(`person${(count += 1)}`, "clinical_reviewer", { study: "PILOT" });
  await persons.known(api);
  return { api, someone };
}

const ask = (api: Api, who: SignedIn, about: SignedIn): Promise<Asked> => askedBy(api, who, "requestSuspend", { personId: about.person, reason: REASON });

const approve = async (api: Api, who: SignedIn, asked: Asked, proof?: object): Promise<string> =>
  codeOf(await decidedBy(api, who, asked, REASON, proof === undefined ? {} : { proof }));

const statusOf = async ({ person }: SignedIn): Promise<string | undefined> =>
  (await at.owner.run<{ status: string }>`SELECT status FROM people.persons WHERE id = ${person}`)[0]?.status;

/** Runs without what the schema says once more, where a test shows what the code says. */
async function withoutTriggers(defence: "on" | "off", run: () => Promise<void>): Promise<void> {
  if (defence === "on") return run();
  await at.owner.run`ALTER TABLE approvals.votes DISABLE TRIGGER by_another`;
  try {
    await run();
  } finally {
    await at.owner.run`ALTER TABLE approvals.votes ENABLE ALWAYS TRIGGER by_another`;
  }
}

type Row = NonNullable<Awaited<ReturnType<Parameters<Ports>[0]["approvals"]["get"]>>>;
/** Requests as `change` has them, to whoever decides. */
const requestsAs =
  (change: (row: Row) => Row): Ports =>
  (real) => ({
    ...real,
    approvals: {
      ...real.approvals,
      get: async (grant, id) => changed(await real.approvals.get(grant, id), change),
      lock: async (tx, grant, id) => changed(await real.approvals.lock(tx, grant, id), change),
    },
  });
const changed = (row: Row | null, change: (row: Row) => Row): Row | null => (row === null ? null : change(row));

faultTest("R6", "nobody approves their own request, not with another account, and not what is about them", async (defence) => {
  // Compared by account, as a system does that knows no persons.
  const byAccount = requestsAs((row) => ({ ...row, requestedByPerson: row.requestedBy, concerns: null }));
  const { api, someone } = await served(defence === "off" ? byAccount : undefined);
  try {
    await withoutTriggers(defence, async () => {
      const second = await persons.add("ada.second", "security_admin", { as: ada });
      const other = await persons.add(`admin${(count += 1)}`, "security_admin");
      await persons.known(api);
      const asked = await ask(api, ada, someone);
      expect(await approve(api, second, asked)).toBe("policy.separation");
      expect(await approve(api, ada, asked)).toBe("policy.separation");
      expect(await approve(api, other, await ask(api, ada, other))).toBe("policy.separation");
      expect([await statusOf(someone), await statusOf(other)]).toEqual(["active", "active"]);
    });
  } finally {
    await at.owner.run`DELETE FROM policy.assignments WHERE principal IN (SELECT id FROM policy.principals WHERE name IN ('ada Person') AND id <> ${ada.principal})`;
    await api.close();
  }
});

faultTest("R6", "who asked can't approve after their role was changed either", async (defence) => {
  const forgetful = requestsAs((row) => ({ ...row, requestedByPerson: "per_nobody" }));
  const { api, someone } = await served(defence === "off" ? forgetful : undefined);
  const swapped = await persons.add(`swap${(count += 1)}`, "security_admin");
  await persons.known(api);
  try {
    await withoutTriggers(defence, async () => {
      const asked = await ask(api, swapped, someone);
      await at.owner.run`UPDATE policy.assignments SET until_ms = 1 WHERE principal = ${swapped.principal}`;
      await at.owner.run`INSERT INTO policy.assignments (principal, role, study, site, from_ms) VALUES (${swapped.principal}, 'security_admin', '*', '*', 2)`;
      await persons.known(api);
      expect(await approve(api, swapped, asked)).toBe("policy.separation");
      expect(await statusOf(someone)).toBe("active");
    });
  } finally {
    await api.close();
  }
});

/** As if the act needed two others beside who asks. */
const needingTwo = async ({ approvalId }: Asked): Promise<void> => {
  await at.owner.run`ALTER TABLE approvals.requests DISABLE TRIGGER move_on`;
  await at.owner.run`UPDATE approvals.requests SET needed = 2 WHERE id = ${approvalId}`;
  await at.owner.run`ALTER TABLE approvals.requests ENABLE ALWAYS TRIGGER move_on`;
};

faultTest("R7", "an act that needs two others isn't done by one, nor by the same one twice", async (defence) => {
  const { api, someone } = await served(defence === "off" ? requestsAs((row) => ({ ...row, needed: 1 })) : undefined);
  try {
    const asked = await ask(api, ada, someone);
    await needingTwo(asked);
    if (defence === "off") await at.owner.run`ALTER TABLE approvals.requests DISABLE TRIGGER move_on`;
    expect(await approve(api, ben, asked)).toBe("ok");
    expect(await statusOf(someone)).toBe("active");
    expect(await approve(api, ben, asked, PASSWORD_PROOF)).toBe("policy.separation");
    expect(await statusOf(someone)).toBe("active");
    expect(await approve(api, cyd, asked)).toBe("ok");
    expect(await statusOf(someone)).toBe("suspended");
  } finally {
    await at.owner.run`ALTER TABLE approvals.requests ENABLE ALWAYS TRIGGER move_on`;
    await api.close();
  }
});

faultTest("R7", "a request that has expired takes no vote", async (defence) => {
  const { api, someone } = await served(defence === "off" ? requestsAs((row) => ({ ...row, expiresAtMs: Date.now() + 60_000 })) : undefined);
  try {
    const asked = await ask(api, ada, someone);
    await at.owner.run`ALTER TABLE approvals.requests DISABLE TRIGGER move_on`;
    await at.owner.run`UPDATE approvals.requests SET expires_at_ms = requested_at_ms + 1 WHERE id = ${asked.approvalId}`;
    await at.owner.run`ALTER TABLE approvals.requests ENABLE ALWAYS TRIGGER move_on`;
    await withoutTriggers(defence, async () => {
      expect(await approve(api, ben, asked)).toBe("approval.state");
      expect(await statusOf(someone)).toBe("active");
    });
  } finally {
    await api.close();
  }
});

faultTest("S8", "a proof over another request, by another person, or used before approves nothing", async (defence) => {
  const believesAll: Ports = (real) => ({ ...real, stepUp: { ...real.stepUp, verify: () => Promise.resolve({ proof: "passkey", note: "believed" }) } });
  const { api, someone } = await served(defence === "off" ? believesAll : undefined);
  const another = await persons.add(`person${(count += 1)}`, "clinical_reviewer", { study: "PILOT" });
  await persons.known(api);
  try {
    const [one, two] = [await ask(api, ada, someone), await ask(api, ada, another)];
    expect(await approve(api, ben, one, proofOver(two.digest, ben.person))).toBe("stepup.failed");
    expect(await approve(api, ben, one, proofOver(one.digest, cyd.person))).toBe("stepup.failed");
    expect(await approve(api, ben, two, proofOver(two.digest, ben.person))).toBe("ok");
    expect(await approve(api, ben, two, proofOver(two.digest, ben.person))).toBe("policy.separation");
    expect([await statusOf(someone), await statusOf(another)]).toEqual(["active", "suspended"]);
  } finally {
    await api.close();
  }
});

faultTest(
  "R9",
  "of two administrators who suspend each other's colleagues at once, two administrators remain in every interleaving",
  async (defence) => {
    // Counted without a lock, both see three.
    const unlocked: Ports = (real) => ({
      ...real,
      people: {
        ...real.people,
        people: {
          ...real.people.people,
          lockHolders: async (tx) => {
            const rows = await tx<{ id: string }>`
              SELECT p.id FROM people.persons p JOIN policy.assignments a ON a.principal = p.principal
               WHERE a.role = 'security_admin' AND a.study = '*' AND p.status = 'active' AND (a.until_ms IS NULL OR a.until_ms > 10)`;
            await new Promise((resolve) => setTimeout(resolve, 100));
            return rows.map(({ id }) => ({ id, isLasting: true }));
          },
        },
      },
    });
    // The same three have to be there at the next try.
    const sessionsLast: Ports = (real) => ({ ...real, people: { ...real.people, sessions: { ...real.people.sessions, endAll: () => Promise.resolve([]) } } });
    const { api } = await served(defence === "off" ? both(sessionsLast, unlocked) : sessionsLast);
    // Three are left to play with.
    await at.owner.run`UPDATE people.persons SET status = 'suspended' WHERE id NOT IN (${ada.person}, ${ben.person}, ${cyd.person})`;
    try {
      for (let each = 0; each < (defence === "on" ? TRIES : 3); each += 1) {
        // Either one approves both, or each approves what is about the other.
        const isByOne = defence === "off" || each % 2 === 0;
        const aboutCyd = await ask(api, isByOne ? ben : ada, cyd);
        const aboutBen = await ask(api, isByOne ? cyd : ada, ben);
        const [first, second] = await Promise.all([approve(api, isByOne ? ada : ben, aboutCyd), approve(api, isByOne ? ada : cyd, aboutBen)]);
        const [left] = await at.owner.run<{ count: number }>`
          SELECT count(*)::integer AS count FROM people.persons WHERE status = 'active' AND id IN (${ada.person}, ${ben.person}, ${cyd.person})`;
        await at.owner.run`UPDATE people.persons SET status = 'active' WHERE id IN (${ada.person}, ${ben.person}, ${cyd.person})`;
        await at.owner.run`UPDATE policy.principals SET status = 'active', tokens_from_s = 0 WHERE person IN (${ada.person}, ${ben.person}, ${cyd.person})`;
        await persons.known(api);
        expect(left?.count, `${first} ${second}`).toBe(2);
        expect([first, second].toSorted()).not.toEqual(["ok", "ok"]);
      }
    } finally {
      await at.owner.run`UPDATE people.persons SET status = 'active'`;
      await api.close();
    }
  },
  LONG ? 3_600_000 : 60_000,
);
