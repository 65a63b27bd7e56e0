import { REASON } from "./invitation.ts";
import type { ConsolePerson } from "./console-person.ts";
import { type Look, shows } from "./look.ts";
import type { Populated } from "./populated.ts";

/** An X25519 recipient of the age format whose secret half nobody here has. */
const KEY = "age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p";

/** Registers a recipient: one administrator asks, the other approves. */
export async function registerRecipient(asking: ConsolePerson, approving: ConsolePerson): Promise<void> {
  await asking.goto("/recipients");
  await asking.button("Register a recipient").click();
  await asking.fill("Name", "The Agency");
  await asking.fill("Key", KEY);
  await asking.fill("Reason", REASON);
  await asking.button("Ask for approval").click();
  await asking.page.waitForURL(/\/approvals\?show=mine&request=apr_/);
  await approving.approveNext(REASON);
}

/** Opens the routes of the one recipient. */
export async function openRoutes(person: ConsolePerson): Promise<void> {
  await person.goto("/recipients");
  await person.button("Routes to The Agency").click();
  await shows(person, ".route-draft");
}

/** Types one route of the list; what isn't named stays. */
export async function typeRoute(person: ConsolePerson, place: string, fields: Readonly<Record<string, string>>): Promise<void> {
  const route = person.page.getByRole("group", { name: place, exact: true });
  if ("User" in fields) await route.getByText("SFTP", { exact: true }).click();
  for (const [label, value] of Object.entries(fields)) await route.getByLabel(label, { exact: true }).fill(value);
}

/** Begins a submission with one sequence in which the one document stands, and prepares a packet of it; `needs` is what is asked of the document's signatures. */
export async function beginSubmission(person: ConsolePerson, needs = "May leave unsigned"): Promise<void> {
  await person.goto("/submissions");
  await person.button("Begin a submission").click();
  await person.page.getByRole("button", { name: /Study/ }).click();
  await person.page
    .getByRole("option", { name: /CDISCPILOT01|PILOT/ })
    .first()
    .click();
  await person.fill("Title", "First application");
  await person.button("Begin it").click();
  await person.page.waitForURL(/\/submissions\/sbm_/);
  await person.button("Add the next sequence").click();
  await person.button("Put documents into it").click();
  await openBuilder(person, needs);
  await person.button("Put it there").click();
  await person.button("Keep it so").click();
  await shows(person, ".panel .document-id");
  await person.button("Prepare a packet").click();
  await person.page.getByRole("button", { name: /Recipient/ }).click();
  await person.page.getByRole("option", { name: /The Agency/ }).click();
  await person.button("Prepare it").click();
  await person.button("Ask for its release").waitFor();
}

async function openBuilder(person: ConsolePerson, needs: string): Promise<void> {
  await person.button("Put it there").waitFor();
  await person.button("Show all").click();
  await person.page.getByRole("option").first().click();
  await person.fill("Path", "m1/us/cover.xml");
  await person.page.getByRole("button", { name: /Signature/ }).click();
  await person.page.getByRole("option", { name: needs }).click();
}

async function openSubmission(person: ConsolePerson): Promise<void> {
  await person.goto("/submissions");
  await person.page.locator(".row-open").first().click();
  await person.button("Ask for its release").waitFor();
}

/** Submissions: the list, one with its sequence and packet, what is put into it, its manifest, asking for its release; and the recipients. */
export const submissionLooks = (people: () => Populated): readonly Look[] => [
  {
    name: "recipients",
    person: () => people().boris,
    open: async (person) => {
      await person.goto("/recipients");
      await shows(person, ".document-digest");
    },
  },
  {
    name: "routes",
    person: () => people().boris,
    isScreenOnly: true,
    open: async (person) => {
      await openRoutes(person);
      await typeRoute(person, "Primary route", { "Route's name": "gateway", Credential: "gateway", Host: "portal.example", Path: "/packets" });
      await person.button("Add a fallback route").click();
      await shows(person, ".route-draft ~ .route-draft");
    },
  },
  {
    name: "submissions",
    person: () => people().nora,
    open: async (person) => {
      await person.goto("/submissions");
      await shows(person, ".row-open");
    },
  },
  { name: "submission", person: () => people().nora, open: openSubmission },
  {
    name: "submission-builder",
    person: () => people().nora,
    isScreenOnly: true,
    open: async (person) => {
      await openSubmission(person);
      await person.button("Change what stands in it").click();
      await shows(person, ".placed-list li");
    },
  },
  {
    name: "submission-manifest",
    person: () => people().nora,
    isScreenOnly: true,
    open: async (person) => {
      await openSubmission(person);
      await person.page.locator(".panel button.row-open").first().click();
      await shows(person, ".manifest");
    },
  },
  {
    name: "submission-request",
    person: () => people().nora,
    isScreenOnly: true,
    open: async (person) => {
      await openSubmission(person);
      await person.button("Ask for its release").click();
      await shows(person, ".will-record");
    },
  },
];
