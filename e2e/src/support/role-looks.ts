import { type Look, shows } from "./look.ts";
import type { Populated } from "./populated.ts";

/** Roles: what each may do, and one right of one of them. */
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
];
