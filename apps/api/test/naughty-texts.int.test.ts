import { makeServiceCode } from "@sallyport/pki";
import { afterAll, beforeAll, expect, test } from "vitest";
import { STUDY } from "./dataset.ts";
import type { Reply } from "./door-client.ts";
import { inGroups, NAUGHTY } from "./naughty-strings.ts";
import { Desk } from "./people.ts";
import { Persons, type SignedIn } from "./persons.ts";
import { type Api, codeOf, dataOf, type Deployment, deployment } from "./stack.ts";

const LONG = process.env["SALLYPORT_TEST_LONG"] !== undefined;
/** As they are, and in the middle of something that is long enough for a sentence. */
const TEXTS: readonly string[] = NAUGHTY.flatMap((text) => [text, `it says ${text} there`]);
/** All of them in a long run; else one in so many, and always those that no column of the database can hold. */
const some = (oneIn: number, from = 0): readonly string[] => TEXTS.filter((text, n) => LONG || n % oneIn === from || text.includes("\u0000"));
const RECIPIENT = "age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p";
const REASON = "as they came";

let at: Deployment;
let api: Api;
/** Where a period that just ended can be reviewed. */
let later: Api;
let persons: Persons;
let ada: SignedIn;
let ida: SignedIn;
let desk: Desk;
beforeAll(async () => {
  at = await deployment();
  api = await at.serve();
  later = await at.serve({ now: () => Date.now() + 60_000 });
  await at.seed(api);
  desk = await Desk.of(at);
  await desk.found(api);
  persons = await Persons.of(at);
  [ada, ida] = [await persons.add("ada", "security_admin"), await persons.add("ida", "auditor")];
  await Promise.all([persons.known(api), persons.known(later)]);
}, 60_000);
afterAll(async () => {
  persons?.close();
  desk?.close();
  await later?.close();
  await api?.close();
  await at?.close();
});

/** What is stored of a text: no space around it. */
const kept = (text: string): string => text.trim();
/** How many characters that is. */
const size = (text: string): number => Array.from(kept(text)).length;
/** Whether it is a sentence of a reason or a comment. */
const isReason = (text: string): boolean => size(text) >= 8 && size(text) <= 500;
/** Whether it is a name of `min` to `max` characters, in print. */
const isName = (text: string, min: number, max: number): boolean => size(text) >= min && size(text) <= max && /^[^\p{Cc}\p{Cf}\p{Zl}\p{Zp}<>]+$/u.test(kept(text));

/** Sends all of them, some at a time; answers what each came to. */
async function each<T>(texts: readonly T[], send: (text: T) => Promise<Reply>): Promise<readonly (readonly [T, Reply])[]> {
  const replies: (readonly [T, Reply])[] = [];
  for (const group of inGroups(texts, 8)) replies.push(...(await Promise.all(group.map(async (text) => [text, await send(text)] as const))));
  return replies;
}
/** Says of each text that it was taken just where it may be, and refused as an input anywhere else. */
const judged = (replies: readonly (readonly [string, Reply])[], isTaken: (text: string) => boolean): void => {
  for (const [text, reply] of replies) expect([text, codeOf(reply)]).toEqual([text, isTaken(text) ? "ok" : "input.invalid"]);
};

test("a naughty string for a reason is on record as it came, or is refused", async () => {
  const { items } = dataOf(await api.call("reviewer701", "subjects.list", {})) as { items: readonly { subjectId: string }[] };
  const replies = await each(some(2, 1), (reason) => api.call("reviewer701", "subjects.reveal", { subjectId: items[0]?.subjectId, field: "DM.SUBJID", purpose: "audit", reason }));
  judged(replies, isReason);
  const taken = replies.filter(([text]) => isReason(text)).filter((_, n) => LONG || n % 3 === 0);
  for (const group of inGroups(taken, 8)) {
    const read = await Promise.all(
      group.map(async ([text, reply]) => [
        kept(text),
        (dataOf(await api.call("auditor", "crossings.reason", (dataOf(reply) as { recorded: object }).recorded)) as { reason: string }).reason,
      ]),
    );
    for (const [text, reason] of read) expect(reason).toBe(text);
  }
}, 120_000);

test(
  "a naughty string for a comment is read again as it came, in its order, or is refused",
  async () => {
    const from = new Date(Date.now() - 1000).toISOString();
    const texts = some(4, 1);
    /** What is said of one item; a hundred is the most. */
    const said = inGroups(texts, 99);
    const { items } = dataOf(await api.call("reviewer701", "subjects.list", {})) as { items: readonly { subjectId: string }[] };
    const reveal = { subjectId: items[0]?.subjectId, field: "DM.SUBJID", purpose: "audit", reason: REASON };
    for (const _ of said) dataOf(await api.call("reviewer701", "subjects.reveal", reveal));
    const scope = { study: STUDY, site: "701", from, until: new Date(Date.now() + 1).toISOString() };
    const always = { risks: ["reveal_hours"], workingHours: { from: (new Date().getUTCHours() + 6) % 24, until: (new Date().getUTCHours() + 8) % 24 } };
    const opened = await ida.call(later, "trailReviews.open", { ...scope, ...always, due: new Date(Date.now() + 180_000).toISOString(), reason: REASON });
    const { reviewId } = (dataOf(opened) as { review: { reviewId: string } }).review;
    dataOf(await ida.call(later, "trailReviews.assign", { reviewId, personId: ida.person }));
    for (const [n, comments] of said.entries()) {
      const about = { reviewId, item: n + 1 };
      const replies: (readonly [string, Reply])[] = [];
      for (const comment of comments) replies.push([comment, await ida.call(later, "trailReviews.comment", { ...about, comment })]);
      judged(replies, isReason);
      const { entries } = dataOf(await ida.call(later, "trailReviews.entries", about)) as { entries: readonly { text: string }[] };
      expect(entries.map(({ text }) => text)).toEqual(comments.filter(isReason).map(kept));
    }
  },
  LONG ? 600_000 : 120_000,
);

test(
  "a naughty string for a site's name or a study's title is shown as it came, or is refused",
  async () => {
    const isTitle = (text: string): boolean => isName(text, 2, 200);
    // Sites by the hundred, of which one that has no name refuses all.
    const sites = TEXTS.filter(isTitle).map((name, n) => ({ site: `n${n}`, name, country: "USA" }));
    for (const group of inGroups(sites, 500)) dataOf(await ada.call(api, "studies.addSites", { study: STUDY, sites: group, reason: REASON }));
    const bad = TEXTS.filter((text) => !isTitle(text));
    for (const name of bad)
      judged([[name, await ada.call(api, "studies.addSites", { study: STUDY, sites: [{ site: "bad", name, country: "USA" }], reason: REASON })]], () => false);
    const stored = await ours();
    expect(
      stored.sites
        .filter(({ site }) => site.startsWith("n"))
        .map(({ name }) => name)
        .toSorted(),
    ).toEqual(sites.map(({ name }) => kept(name)).toSorted());
    for (const title of some(29)) {
      const reply = await ada.call(api, "studies.changeTitle", { study: STUDY, title, reason: REASON });
      judged([[title, reply]], isTitle);
      if (reply.status === 200) expect((await ours()).title).toBe(kept(title));
    }
  },
  LONG ? 600_000 : 120_000,
);

interface Study {
  readonly study: string;
  readonly title: string;
  readonly sites: readonly { readonly site: string; readonly name: string }[];
}
/** The study, as its administrator sees it. */
const ours = async (): Promise<Study> =>
  (dataOf(await ada.call(api, "studies.list", {})) as { studies: readonly Study[] }).studies.find(({ study }) => study === STUDY) ?? { study: STUDY, title: "", sites: [] };

test(
  "a naughty string for the name of who is invited, of a recipient, a service or a submission is taken as a name, or is refused",
  async () => {
    const forms: readonly (readonly [name: string, min: number, max: number, send: (text: string, n: number) => Promise<Reply>])[] = [
      [
        "person",
        2,
        100,
        (printedName, n) => ada.call(api, "approvals.requestInvite", { username: `naughty${n}`, printedName, role: "auditor", study: "*", site: "*", reason: REASON }),
      ],
      [
        "service",
        3,
        120,
        (title, n) => ada.call(api, "approvals.requestService", { service: `naughty-${n}`, title, codeKey: makeServiceCode("naughty").codeKey, isAgain: false, reason: REASON }),
      ],
      ["recipient", 2, 100, (name) => ada.call(api, "approvals.requestRecipient", { kind: "agency", name, key: RECIPIENT, reason: REASON })],
      ["submission", 3, 120, (title) => api.call("regulatory", "submissions.create", { study: STUDY, title })],
    ];
    for (const [at, [form, min, max, send]] of forms.entries()) {
      for (const [n, text] of some(60, at).entries()) {
        const code = codeOf(await send(text, n));
        // Of a recipient with the same key there is one request at a time: whether the text is a name was said before.
        expect([form, text, code]).toEqual([form, text, isName(text, min, max) ? (expect.not.stringMatching(/^input\.invalid$/) as string) : "input.invalid"]);
      }
    }
  },
  LONG ? 1_200_000 : 120_000,
);

test("a naughty string for the name of a search is kept, renamed to and listed as it came, or is refused", async () => {
  const isSearch = (text: string): boolean => isName(text, 1, 60);
  for (const group of inGroups(some(3), 40)) {
    const saved = new Map<string, string>();
    for (const name of group) {
      const reply = await ida.call(api, "crossings.save", { name, filter: {} });
      if ([...saved.keys()].includes(kept(name))) expect([name, codeOf(reply)]).toEqual([name, "search.taken"]);
      else judged([[name, reply]], isSearch);
      if (reply.status === 200) saved.set(kept(name), (dataOf(reply) as { searchId: string }).searchId);
    }
    const { searches } = dataOf(await ida.call(api, "crossings.saved", {})) as { searches: readonly { name: string }[] };
    expect(searches.map(({ name }) => name).toSorted()).toEqual([...saved.keys()].toSorted());
    for (const searchId of saved.values()) dataOf(await ida.call(api, "crossings.remove", { searchId }));
  }
}, 120_000);

test("a naughty string in a search finds what is called so, which is nothing, or is refused as nothing that a record could hold", async () => {
  const max = { principal: 80, workload: 200, action: 60, resource: 120, reason: 80, requestId: 40 };
  const columns = Object.keys(max) as (keyof typeof max)[];
  const asked = TEXTS.flatMap((text, n) => columns.filter((_, of) => LONG || of === n % columns.length).map((column) => ({ text, column })));
  const replies = await each(asked, ({ text, column }) => api.call("auditor", "crossings.search", { filter: { [column]: text } }));
  for (const [{ text, column }, reply] of replies) {
    const could = /^[ -~]+$/.test(text) && text.length <= max[column];
    expect([column, text, codeOf(reply)]).toEqual([column, text, could ? "ok" : "input.invalid"]);
    if (could) expect([column, text, (dataOf(reply) as { items: readonly unknown[] }).items]).toEqual([column, text, []]);
  }
}, 240_000);

test("a naughty string in a form of signing in or enrolling signs nobody in, and is answered like whatever is wrong", async () => {
  const steps: readonly (readonly [step: string, body: (text: string) => object])[] = [
    ["sign-in/password", (username) => ({ username, password: "not the password", totp: "000000" })],
    ["sign-in/password", (password) => ({ username: "nobody.there", password, totp: "000000" })],
    ["sign-in/password", (totp) => ({ username: "nobody.there", password: "not the password", totp })],
    ["sign-in/passkey", (ceremony) => ({ ceremony, response: "{}" })],
    ["sign-in/passkey", (response) => ({ ceremony: "none", response })],
    ["sign-in/provider", (query) => ({ query, browser: "A".repeat(43) })],
    ["token", (session) => ({ session })],
    ["end", (session) => ({ session })],
    ["terminal/poll", (deviceCode) => ({ deviceCode })],
    ["enrolment/open", (secret) => ({ secret })],
    ["enrolment/totp-options", (printedName) => ({ secret: "A".repeat(43), username: "somebody.new", printedName })],
    ["enrolment/passkey", (label) => ({ secret: "A".repeat(43), username: "somebody.new", printedName: "Somebody New", ceremony: "none", label, response: "{}" })],
  ];
  // Each at some step, and some at all of them.
  const asked = TEXTS.flatMap((text, n) => steps.filter((_, of) => LONG || of === n % steps.length || text.includes("\u0000")).map(([step, body]) => ({ step, text, body })));
  for (const [{ step, text }, reply] of await each(asked, ({ step, text, body }) => desk.step(api, step, body(text)))) {
    const code = codeOf(reply);
    expect([step, text, code]).toEqual([
      step,
      text,
      expect.stringMatching(/^(?:input\.invalid|input\.not_found|signin\.failed|enrolment\.invalid|session\.(?:ended|expired|idle)|token\.revoked|ceremony\.\w+)$/),
    ]);
  }
}, 240_000);

test("none of them was a failure of ours", async () => {
  const [row] = await at.owner.run<{ n: number }>`SELECT count(*)::integer AS n FROM audit.records WHERE body LIKE '%internal%'`;
  expect([row?.n, api.events.filter((line) => line.includes("internal"))]).toEqual([0, []]);
});
