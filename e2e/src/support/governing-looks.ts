import { chooseIn, choosePlace, openPerson } from "./people-pages.ts";
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
    name: "assign",
    person: () => people().alma,
    isScreenOnly: true,
    open: async (person) => {
      await openPerson(person, "Clara Ode");
      await person.button("Assign a role").click();
      await chooseIn(person, "Role", /^data_steward/);
      await choosePlace(person, "CDISCPILOT01 / 703");
      await choosePlace(person, "CDISCPILOT01 / 704");
      await shows(person, ".chip");
    },
  },
  {
    name: "offboard",
    person: () => people().alma,
    isScreenOnly: true,
    open: async (person) => {
      await openPerson(person, "Clara Ode");
      await person.button("Offboard: begin").click();
      await person.page.locator(".will-end").scrollIntoViewIfNeeded();
    },
  },
  {
    name: "locks",
    person: () => people().alma,
    open: async (person) => {
      await person.goto("/locks");
      await person.heading("In force");
      await person.page.locator(".row-open, .empty").first().waitFor();
      if ((await person.page.locator(".row-open").count()) > 0) return;
      await person.button("Set a lock").click();
      await chooseIn(person, "What is stopped", "Role");
      await person.page.getByRole("combobox", { name: "Role" }).fill("key_custodian");
      await person.page.getByRole("option").first().click();
      await person.fill("Reason", "keys are not rotated during the inspection");
      await person.button("Lock now").click();
      await shows(person, ".row-open");
    },
  },
  {
    name: "lock",
    person: () => people().dora,
    isScreenOnly: true,
    open: async (person) => {
      await person.goto("/locks");
      await person.page.locator(".row-open").first().click();
      await person.button(/Lift the lock: begin/).click();
      await shows(person, ".will-record");
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
