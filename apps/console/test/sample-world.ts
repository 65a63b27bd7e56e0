import * as contracts from "@sallyport/contracts";
import { fakeId, type FakePerson, HOUR_MS, type Procedure, Refused } from "./fake-people.ts";

export const ada: FakePerson = { name: "ada", printedName: "Ada Marsh", password: "correct horse battery", canary: "only-for-ada" };
export const ben: FakePerson = { name: "ben", printedName: "Ben Okafor", password: "staple wander lantern", canary: "only-for-ben" };

const TOTP_LETTERS = "ABCD2345".repeat(4);
const now = Date.now();
const ago = (hours: number) => new Date(now - hours * HOUR_MS).toISOString();
const GRANTS: readonly (readonly [string, string])[] = [
  ["access.read", "access"],
  ["access.change", "access"],
  ["approval.read", "approval"],
  ["approval.decide", "approval"],
  ["principal.read", "principal"],
  ["person.invite", "principal"],
  ["person.suspend", "principal"],
  ["person.reinstate", "principal"],
  ["authenticator.recover", "principal"],
  ["session.end", "session"],
  ["study.read", "study"],
  ["trail.read", "trail"],
  ["trail.verify", "trail"],
];
const everywhere = { study: "*", site: "*", from: ago(900), until: null };
const at = (study: string, site: string) => ({ study, site, from: ago(400), until: null });

const person = (name: string, printedName: string, more: Record<string, unknown> = {}) => ({
  personId: fakeId("per", name),
  principal: fakeId("prn", name),
  username: name,
  printedName,
  status: "active",
  isAdministrator: false,
  assignments: [],
  passkeys: 1,
  hasPassword: false,
  locked: [],
  sessions: 0,
  isLocked: false,
  lastSeenAt: ago(30),
  identity: { how: "document", checkedAt: ago(2000) },
  ...more,
});

const people = [
  person("ada", "Ada Marsh", { isAdministrator: true, assignments: [{ role: "security_admin", ...everywhere }], passkeys: 2, sessions: 2, lastSeenAt: ago(0.1) }),
  person("ben", "Ben Okafor", { isAdministrator: true, assignments: [{ role: "security_admin", ...everywhere }], hasPassword: true, sessions: 1, lastSeenAt: ago(0.5) }),
  person("carmen.diaz", "Carmen Díaz", { assignments: [{ role: "site_coordinator", ...at("CDISCPILOT01", "701") }], sessions: 1, lastSeenAt: ago(2) }),
  person("dmitri.volkov", "Dmitri Volkov", {
    assignments: [
      { role: "clinical_reviewer", ...at("CDISCPILOT01", "*") },
      { role: "data_steward", ...at("CDISCPILOT01", "*") },
    ],
    locked: [{ method: "password", until: new Date(now + 600_000).toISOString() }],
    passkeys: 0,
    hasPassword: true,
  }),
  person("e.lindqvist", "Elsa Lindqvist", { assignments: [{ role: "auditor", ...everywhere }], passkeys: 3 }),
  person("farid.n", "Farid Nasser", { status: "suspended", assignments: [{ role: "authorized_signer", ...at("CDISCPILOT01", "703") }], lastSeenAt: ago(200) }),
  person("grace.kim", "Grace Kim", {
    status: "invited",
    passkeys: 0,
    lastSeenAt: null,
    identity: null,
    assignments: [{ role: "regulatory_reviewer", ...at("CDISCPILOT01", "*") }],
  }),
  person("hal.weir", "Hal Weir", { status: "recovering", passkeys: 0, assignments: [{ role: "site_coordinator", ...at("CDISCPILOT01", "704") }] }),
];

const DIGEST = "9f2c41d07ab35e8810c4be7723f19d6a5b0e8c3f7712a4d9e6603bc1f8a7d254";
const statement = JSON.stringify({ deployment: "dtest", kind: "person.invite", payload: { role: "clinical_reviewer" }, v: 1 });

const approval = (name: string, more: Record<string, unknown>) => ({
  approvalId: fakeId("apr", name),
  kind: "person.invite",
  about: "Grace Kim",
  state: "requested",
  requestedBy: { personId: fakeId("per", "ben"), printedName: "Ben Okafor" },
  requestedAt: ago(1),
  expiresAt: new Date(now + 23 * HOUR_MS).toISOString(),
  needed: 1,
  votes: [],
  digest: DIGEST,
  mayDecide: true,
  whyNot: null,
  isMine: false,
  ...more,
});
const approvals = [
  approval("1", {}),
  approval("2", { kind: "authenticator.recover", about: "Hal Weir" }),
  approval("3", {
    kind: "phi.bulk_reveal",
    about: "brisk-otter-07",
    isMine: true,
    mayDecide: false,
    whyNot: "own_request",
    requestedBy: { personId: fakeId("per", "ada"), printedName: "Ada Marsh" },
  }),
  approval("4", {
    kind: "person.invite",
    about: "Ines Moreau",
    state: "approved",
    isMine: true,
    mayDecide: false,
    whyNot: "not_open",
    requestedBy: { personId: fakeId("per", "ada"), printedName: "Ada Marsh" },
    votes: [{ personId: fakeId("per", "ben"), printedName: "Ben Okafor", verdict: "approve", proof: "passkey", at: ago(0.5) }],
  }),
];

const authenticators = [
  { authenticatorId: fakeId("aut", "1"), kind: "passkey", label: "Laptop", basis: "founding", addedAt: ago(900), lastUsedAt: ago(0.2) },
  { authenticatorId: fakeId("aut", "2"), kind: "password", label: "Password and code", basis: "own", addedAt: ago(300), lastUsedAt: null },
];

/** What the procedures of the people's pages answer in tests; each parsed with its contract. */
export const sampleProcedures = (): Record<string, Procedure> => ({
  "access.mine": (_, who) =>
    contracts.MyAccessOutput.parse({
      principal: fakeId("prn", who.name),
      workload: "spiffe://dtest.sallyport/zone/edge/console",
      kind: "person",
      policy: "pol-1",
      assignments: [],
      grants: [],
    }),
  "me.provider": () => contracts.MyProviderOutput.parse({ issuer: null, identities: [] }),
  "me.overview": (_, who) =>
    contracts.MyOverviewOutput.parse({
      personId: fakeId("per", who.name),
      principal: who.canary,
      username: who.name,
      printedName: who.printedName,
      policy: "starter-1",
      maySign: true,
      authenticators,
      sessions: [
        { sessionId: fakeId("ses", "0"), via: "console", method: "passkey", startedAt: ago(1), lastSeenAt: ago(0.01), endsAt: ago(-11), isThis: true },
        { sessionId: fakeId("ses", "77"), via: "terminal", method: "passkey", startedAt: ago(5), lastSeenAt: ago(2), endsAt: ago(-7), isThis: false },
      ],
      assignments: [{ role: "security_admin", ...everywhere }],
      grants: GRANTS.map(([action, resource]) => ({ role: "security_admin", action, resource, rule: `security_admin.${action}` })),
      idleSeconds: 900,
      noticeAddress: "a.reader@site.example",
      tellsPeople: true,
    }),
  "people.list": () => contracts.ListPeopleOutput.parse({ people }),
  "people.checkIdentity": () => contracts.CheckIdentityOutput.parse({ checkedAt: ago(0), evidence: [] }),
  "people.setAddress": () => contracts.Done.parse({ done: true }),
  "me.setMyAddress": () => contracts.Done.parse({ done: true }),
  "people.suspend": () => contracts.Done.parse({ done: true }),
  "people.endSessions": () => contracts.EndSessionsOutput.parse({ ended: 2 }),
  "people.issueLink": () => contracts.IssueLinkOutput.parse({ secret: "Q".repeat(43), expiresAt: ago(-24) }),
  "studies.list": () =>
    contracts.ListStudiesOutput.parse({
      studies: [
        {
          study: "CDISCPILOT01",
          title: "Pilot study",
          profile: "sdtm",
          sites: ["701", "703", "704"].map((site) => ({ site, name: `Site ${site}`, country: "US", closedAt: null })),
        },
      ],
    }),
  "approvals.list": (input) => {
    const { show } = contracts.ListApprovalsInput.parse(input);
    const items = approvals.filter(({ state, isMine }) => show === "all" || (show === "mine" ? isMine : state === "requested"));
    return contracts.ListApprovalsOutput.parse({ items, waiting: approvals.filter(({ mayDecide }) => mayDecide).length, next: null });
  },
  "approvals.get": (input) => {
    const { approvalId } = contracts.GetApprovalInput.parse(input);
    const found = approvals.find((each) => each.approvalId === approvalId);
    if (found === undefined) throw new Refused("policy.denied");
    return contracts.GetApprovalOutput.parse({
      ...found,
      reason: "Joins the review team for the second interim analysis.",
      effect: [
        { what: "Account grace.kim", before: null, after: "invited" },
        { what: "Role clinical_reviewer at CDISCPILOT01 / all sites", before: null, after: "assigned, from approval" },
      ],
      statement,
      challenge: null,
    });
  },
  "approvals.decide": (input) => {
    const { approvalId, proof } = contracts.DecideApprovalInput.parse(input);
    if (proof?.kind === "password" && proof.totp === "000000") throw new Refused("stepup.failed");
    return contracts.DecideApprovalOutput.parse({
      approval: { ...approvals.find((each) => each.approvalId === approvalId), state: "done", mayDecide: false, whyNot: "not_open" },
      evidence: [],
    });
  },
  "approvals.requestInvite": () => contracts.ApprovalOutput.parse({ approval: approvals[3] }),
  "approvals.requestSuspend": () => contracts.ApprovalOutput.parse({ approval: approvals[2] }),
  "me.confirmTerminal": (input) => {
    if (contracts.ConfirmTerminalInput.parse(input).userCode === "BBBB-BBBB") throw new Refused("enrolment.invalid");
    return contracts.Done.parse({ done: true });
  },
  "crossings.trace": () =>
    contracts.TraceRequestOutput.parse({
      crossings: [],
      trace: {
        lamps: [
          { pillar: "workload", state: "open", text: "console, certificate in date" },
          { pillar: "principal", state: "open", text: "Ada Marsh, token bound to the console" },
          { pillar: "policy", state: "shut", text: "no rule of security_admin allows subject.read" },
          { pillar: "phi", state: "dark", text: "nothing was opened" },
          { pillar: "trail", state: "open", text: "recorded in system" },
        ],
        rule: null,
        policy: "starter-1",
        remedy: "Ask a security administrator whether your role and sites should cover this.",
      },
    }),
  "enrolment/open": () => contracts.OpenEnrolmentOutput.parse({ kind: "founding", username: null, printedName: null, founder: 1, expiresAt: null }),
  "enrolment/totp-options": () =>
    contracts.TotpOptionsOutput.parse({
      ceremony: "cer-1",
      secret: TOTP_LETTERS,
      uri: `otpauth://totp/Sallyport:ada?secret=${TOTP_LETTERS}&issuer=Sallyport`,
    }),
  "enrolment/password": () =>
    contracts.EnrolledOutput.parse({ personId: fakeId("per", "ada"), username: "ada", authenticator: { ...authenticators[1], lastUsedAt: null }, foundersLeft: 1 }),
});
