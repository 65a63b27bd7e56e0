import { afterAll, beforeAll, expect, test } from "vitest";
import type { Reply } from "./door-client.ts";
import { Desk, type Enrolled, PASSWORD, type SignedIn } from "./people.ts";
import { type Api, codeOf, dataOf, type Deployment, deployment } from "./stack.ts";

const REASON = "as their letter has it";
const KEY = "age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p";
const NEXT = "age1lggyhqrw2nlhcxprm67z43rta597azn8gknawjehu9d9dl0jq3yqqvfafg";
interface Somebody {
  readonly who: Enrolled;
  readonly session: SignedIn;
}
let at: Deployment;
let api: Api;
let desk: Desk;
let ada: Somebody;
let ben: Somebody;
beforeAll(async () => {
  at = await deployment();
  api = await at.serve();
  desk = await Desk.of(at);
  const [first, second] = await desk.found(api);
  ada = { who: first, session: await desk.signIn(api, first) };
  ben = { who: second, session: await desk.signIn(api, second) };
});
afterAll(async () => {
  desk?.close();
  await api?.close();
  await at?.close();
});

interface Asked {
  readonly approvalId: string;
  readonly digest: string;
}
interface Listed {
  readonly recipientId: string;
  readonly name: string;
  readonly state: string;
  readonly version: number;
  readonly key: string;
  readonly fingerprint: string;
}
const ask = (input: object): Promise<Reply> => desk.call(api, ben.session, "approvals.requestRecipient", { kind: "agency", name: "An Agency", key: KEY, reason: REASON, ...input });
const asked = async (input: object = {}): Promise<Asked> => (dataOf(await ask(input)) as { approval: Asked }).approval;
const decide = async ({ who, session }: Somebody, { approvalId, digest }: Asked): Promise<string> =>
  codeOf(
    await desk.call(api, session, "approvals.decide", {
      approvalId,
      digest,
      verdict: "approve",
      reason: REASON,
      proof:
        who.authenticator === null
          ? { kind: "password", password: PASSWORD, totp: await desk.code(who) }
          : { kind: "passkey", response: who.authenticator.assert(Buffer.from(digest, "hex")) },
    }),
  );
const listed = async (): Promise<readonly Listed[]> => (dataOf(await desk.call(api, ben.session, "recipients.list", {})) as { recipients: Listed[] }).recipients;

test("a recipient is asked for, approved by a second person who sees its fingerprint, changed, and withdrawn for good", async () => {
  expect(await listed()).toEqual([]);
  const first = await asked();
  expect(await listed()).toEqual([]);
  const { effect, statement } = dataOf(await desk.call(api, ada.session, "approvals.get", { approvalId: first.approvalId })) as {
    effect: { what: string; after: string }[];
    statement: string;
  };
  const fingerprint = effect.find(({ what }) => what === "fingerprint of the key")?.after ?? "";
  expect(fingerprint).toMatch(/^sha256:[0-9a-f]{64}$/);
  expect(statement).toContain(fingerprint);
  expect(await decide(ben, first)).toBe("policy.separation");
  expect(await decide(ada, first)).toBe("ok");
  const [one] = await listed();
  expect(one).toMatchObject({ name: "An Agency", state: "active", version: 1, key: KEY, fingerprint });
  const recipientId = one?.recipientId ?? "";
  // Another's key, the same once more, another kind, and what is no key at all.
  expect(codeOf(await ask({ name: "Another Agency" }))).toBe("recipient.state");
  expect(codeOf(await ask({ recipientId }))).toBe("recipient.state");
  expect(codeOf(await ask({ recipientId, kind: "sponsor", key: NEXT }))).toBe("recipient.state");
  expect(codeOf(await ask({ name: "Another Agency", key: `${KEY.slice(0, -1)}q` }))).toBe("recipient.key");
  expect(await decide(ada, await asked({ recipientId, key: NEXT }))).toBe("ok");
  expect(await listed()).toMatchObject([{ version: 2, key: NEXT, state: "active" }]);
  const { approval } = dataOf(await desk.call(api, ben.session, "approvals.requestRecipientEnd", { recipientId, reason: REASON })) as { approval: Asked };
  expect(await decide(ada, approval)).toBe("ok");
  expect(await listed()).toMatchObject([{ version: 3, key: NEXT, state: "withdrawn" }]);
  expect(codeOf(await ask({ recipientId, key: KEY }))).toBe("recipient.state");
  // Its keys are nobody else's afterwards.
  expect(codeOf(await ask({ name: "Another Agency", key: KEY }))).toBe("recipient.state");
  const records = (await at.records("system")).filter(({ action, detail }) => action === "approval.decide" && detail?.includes("kind=recipient.change") === true);
  expect(records.filter(({ decision }) => decision === "allow").map(({ detail }) => /version=(\d)/.exec(detail ?? "")?.[1])).toEqual(["1", "2", "3"]);
});

test("what two people asked for of one key at once is given to one of them", async () => {
  const key = "age1t7rxyev2z3rw82stdlrrepyc39nvn86l5078zqkf5uasdy86jp6svpy7pa";
  const [one, other] = [await asked({ name: "First Sponsor", kind: "sponsor", key }), await asked({ name: "Second Sponsor", kind: "sponsor", key })];
  expect(await decide(ada, one)).toBe("ok");
  expect(await decide(ada, other)).toMatch(/^approval\.changed$|^recipient\.state$/);
});

test("nothing of a recipient is changed or removed, whoever asks the database", async () => {
  await expect(at.owner.run`UPDATE egress.recipient_version SET name = 'Somebody else'`).rejects.toThrow();
  await expect(at.owner.run`DELETE FROM egress.recipient_version`).rejects.toThrow();
  await expect(at.owner.run`TRUNCATE egress.recipient CASCADE`).rejects.toThrow();
});
