import type { ConsolePerson } from "./console-person.ts";
import { type Look, shows } from "./look.ts";
import type { Populated } from "./populated.ts";
import { allowInDraft, propose } from "./role-pages.ts";

const OPENS_PHI = "security_admin phi.read subject_phi";
let proposed: string | null = null;
/** Who lets the browser take a draft away when it asks. */
const letsGo = new WeakSet<ConsolePerson>();

/** A draft in which an administrator would open PHI, which the policy's tests forbid. */
async function draftOf(person: ConsolePerson): Promise<void> {
  if (!letsGo.has(person)) person.page.on("dialog", (dialog) => void dialog.accept());
  letsGo.add(person);
  await person.goto("/roles/edit?acts=phi");
  await shows(person, ".matrix-cell");
  if ((await person.page.locator(".matrix-added").count()) === 0) await allowInDraft(person, OPENS_PHI);
}

/** Roles: what each may do, a draft of the next policy, what was proposed, and who can reach what. */
export const roleLooks = (people: () => Populated): readonly Look[] => [
  {
    name: "roles",
    person: () => people().dora,
    isScreenOnly: true,
    open: async (person) => {
      await person.goto("/roles");
      await shows(person, ".matrix-cell");
    },
  },
  {
    name: "right",
    person: () => people().dora,
    isScreenOnly: true,
    open: async (person) => {
      await person.goto("/roles?roles=reviewer&cell=clinical_reviewer~phi.read~subject_phi");
      await shows(person, ".cell-title");
    },
  },
  {
    name: "role-draft",
    person: () => people().alma,
    open: async (person) => {
      await draftOf(person);
      await shows(person, ".matrix-added");
    },
  },
  {
    name: "role-proposal",
    person: () => people().alma,
    open: async (person) => {
      if (proposed === null) {
        await draftOf(person);
        await propose(person, "Administrators open PHI");
        proposed = new URL(person.page.url()).pathname;
      }
      await person.goto(proposed);
      await shows(person, ".test-failed");
    },
  },
  {
    name: "role-history",
    person: () => people().dora,
    open: async (person) => {
      await person.goto("/roles/history");
      await shows(person, ".row-open");
    },
  },
  {
    name: "role-reach",
    person: () => people().dora,
    open: async (person) => {
      await person.goto("/roles/reach?action=subject.read&resource=subject&place=CDISCPILOT01/701");
      await shows(person, ".role-list");
    },
  },
  {
    name: "record-why",
    person: () => people().dora,
    isScreenOnly: true,
    open: async (person) => {
      await person.goto("/crossings?outcome=deny");
      await person.page.locator(".crossing-link").first().click();
      await person.button("Explain this decision").click();
      await shows(person, ".why");
      await person.page.locator(".why").scrollIntoViewIfNeeded();
    },
  },
];
