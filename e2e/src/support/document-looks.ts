import type { ConsolePerson } from "./console-person.ts";
import { type Look, shows } from "./look.ts";
import type { Populated } from "./populated.ts";

/** Opens the one sequence of this kind and what is in it. */
async function openOne(person: ConsolePerson, media: "XML" | "PDF", shown: string): Promise<void> {
  await person.goto("/documents");
  await person.page.locator("tr").filter({ hasText: media }).locator(".document-link").click();
  await person.button("Open version 1").click();
  await shows(person, shown);
}
const openDocument = async (person: ConsolePerson): Promise<void> => await openOne(person, "XML", ".document-text");

/** Opens the window in which it is signed, and goes as far as what is to be proven. */
async function openSigning(person: ConsolePerson): Promise<void> {
  await openDocument(person);
  await person.button("Sign it").click();
  const accept = person.button("I take my signatures to be so");
  await accept.or(person.button("Go on")).waitFor();
  if (await accept.isVisible()) await accept.click();
  await person.button("Go on").waitFor();
}

/** Documents: the list, one of them with what is in it, and its signing, step by step. */
export const documentLooks = (people: () => Populated): readonly Look[] => [
  {
    name: "documents",
    person: () => people().rosa,
    open: async (person) => {
      await person.goto("/documents");
      await shows(person, ".document-link");
    },
  },
  { name: "document", person: () => people().rosa, open: openDocument },
  { name: "document-pdf", person: () => people().rosa, open: async (person) => await openOne(person, "PDF", ".pdf-text span") },
  { name: "sign-meaning", person: () => people().rosa, isScreenOnly: true, open: openSigning },
  {
    name: "sign-proof",
    person: () => people().rosa,
    isScreenOnly: true,
    open: async (person) => {
      await openSigning(person);
      await person.button("Go on").click();
      await shows(person, ".proof");
    },
  },
];
