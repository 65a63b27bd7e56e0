import { REASON } from "./invitation.ts";
import { type Look, shows } from "./look.ts";
import { openPerson } from "./people-pages.ts";
import type { Populated } from "./populated.ts";

/** Services: what there is, one of them, the code of a new one; and what somebody may see. */
export const serviceLooks = (people: () => Populated): readonly Look[] => [
  {
    name: "services",
    person: () => people().alma,
    open: async (person) => {
      await person.goto("/services");
      await shows(person, ".row-open");
    },
  },
  {
    name: "service",
    person: () => people().alma,
    isScreenOnly: true,
    open: async (person) => {
      await person.goto("/services?service=steward");
      await person.button("Offboard: begin").waitFor();
    },
  },
  {
    name: "spool",
    person: () => people().alma,
    open: async (person) => {
      await person.goto("/spool");
      await shows(person, ".empty, table");
    },
  },
  {
    name: "spool-discard",
    person: () => people().alma,
    isScreenOnly: true,
    open: async (person) => {
      await person.goto("/spool");
      await person.button(/^Discard all/).click();
      await shows(person, ".will-record");
    },
  },
  {
    name: "service-code",
    person: () => people().alma,
    isScreenOnly: true,
    open: async (person) => {
      await person.goto("/services");
      await person.button("Create a service").click();
      await person.fill("Name", `transfer-${Date.now().toString(36)}`);
      await person.fill("What it does", "Moves the deliveries of site 701");
      await person.fill("Reason", REASON);
      await person.button("Ask for approval").click();
      await shows(person, ".link-shown");
    },
  },
  {
    name: "preview",
    person: () => people().alma,
    open: async (person) => {
      await openPerson(person, "Clara Ode");
      await person.page.getByRole("link", { name: "Preview" }).click();
      await shows(person, ".preview-banner");
    },
  },
];
