import { type Look, shows } from "./look.ts";
import type { Populated } from "./populated.ts";

/** What people are governed by: who there is, what waits for a second person, and what is one's own. */
export const governingLooks = (people: () => Populated): readonly Look[] => [
  {
    name: "approvals",
    person: () => people().alma,
    open: async (person) => {
      await person.goto("/approvals?show=all");
      await shows(person, ".row-open");
    },
  },
  {
    name: "request",
    person: () => people().alma,
    isScreenOnly: true,
    open: async (person) => {
      await person.goto("/approvals");
      await person.page.locator(".row-open").first().click();
      await person.heading("Your decision");
    },
  },
  {
    name: "people",
    person: () => people().alma,
    open: async (person) => {
      await person.goto("/people");
      await shows(person, ".row-open");
    },
  },
  {
    name: "person",
    person: () => people().alma,
    isScreenOnly: true,
    open: async (person) => {
      await person.goto("/people");
      await person.button("Clara Ode").click();
      await person.button(/Suspend: begin/).waitFor();
    },
  },
  {
    name: "me",
    person: () => people().alma,
    open: async (person) => {
      await person.goto("/me");
      await person.heading("Authenticators");
    },
  },
  {
    name: "terminal",
    person: () => people().alma,
    open: async (person) => {
      await person.goto("/terminal");
      await person.page.getByLabel("Code on your terminal").waitFor();
    },
  },
];
