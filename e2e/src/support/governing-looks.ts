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
      await person.goto("/approvals?show=decide");
      await person.page.locator(".row-open").first().click();
      await person.heading("Your decision");
    },
  },
  {
    name: "outbox",
    person: () => people().alma,
    open: async (person) => {
      await person.goto("/outbox");
      await person.heading("Routes");
    },
  },
  {
    name: "archives",
    person: () => people().alma,
    open: async (person) => {
      await person.goto("/archives");
      await person.heading("Closed, in the database");
    },
  },
  {
    name: "keys",
    person: () => people().alma,
    open: async (person) => {
      await person.goto("/keys");
      await shows(person, ".ring-timeline");
    },
  },
  {
    name: "ring",
    person: () => people().alma,
    isScreenOnly: true,
    open: async (person) => {
      await person.goto("/keys?ring=kek");
      await shows(person, ".rehearsal");
      await person.heading("Checklist");
    },
  },
  {
    name: "root",
    person: () => people().alma,
    isScreenOnly: true,
    open: async (person) => {
      await person.goto("/keys?ring=root");
      await person.heading("Checklist");
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
    name: "person-address",
    person: () => people().alma,
    isScreenOnly: true,
    open: async (person) => {
      await openPerson(person, "Clara Ode");
      await person.button("Where they are told: begin").click();
      await person.button("Set their mail address").scrollIntoViewIfNeeded();
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
    name: "incidents",
    person: () => people().alma,
    open: async (person) => {
      await person.goto("/incidents");
      await person.heading("Open");
      await shows(person, ".empty");
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
      // Without what was read out while the form was there.
      await person.goto("/locks");
      await shows(person, ".row-open");
    },
  },
  {
    name: "lock",
    person: () => people().boris,
    isScreenOnly: true,
    open: async (person) => {
      await person.goto("/locks");
      await person.page.locator(".row-open").first().click();
      await person.button(/Lift the lock: begin/).click();
      await shows(person, ".will-record");
    },
  },
  {
    name: "studies",
    person: () => people().alma,
    open: async (person) => {
      await person.goto("/studies");
      await shows(person, ".row-open");
    },
  },
  {
    name: "study-register",
    person: () => people().alma,
    isScreenOnly: true,
    open: async (person) => {
      await person.goto("/studies");
      await person.button("Register a study").click();
      await person.button("Another site").click();
      await person.button("Leave out site 2").waitFor();
    },
  },
  {
    name: "study",
    person: () => people().alma,
    open: async (person) => {
      await person.goto("/studies/CDISCPILOT01");
      await shows(person, ".row-open");
    },
  },
  {
    name: "site",
    person: () => people().alma,
    isScreenOnly: true,
    open: async (person) => {
      await person.goto("/studies/CDISCPILOT01?site=701");
      await person.button("Close the site: begin").click();
      await shows(person, ".held-list a");
    },
  },
  {
    name: "import-faults",
    person: () => people().alma,
    open: async (person) => {
      await person.goto("/people/import");
      await person.fill("CSV", "who,role,study,site\nclara,auditor,CDISCPILOT01,999\nnobody,auditor,CDISCPILOT01,701\nclara,security_admin,*,*");
      await person.button("Check the file").click();
      await person.heading("What is wrong");
    },
  },
  {
    name: "import-people",
    person: () => people().alma,
    open: async (person) => {
      await person.goto("/people/import?of=people");
      await person.fill(
        "CSV",
        "username,name,role,study,site,until\nines,Inês Prado,auditor,CDISCPILOT01,701,2090-01-31T12:00:00.000Z\nlea.low,Lea Low,site_coordinator,CDISCPILOT01,703,",
      );
      await person.button("Check the file").click();
      await shows(person, ".will-record");
    },
  },
  {
    name: "access",
    person: () => people().clara,
    isScreenOnly: true,
    open: async (person) => {
      await person.goto("/me");
      await person.button("Ask for access").click();
      await shows(person, ".will-record");
    },
  },
  {
    name: "notices",
    person: () => people().alma,
    isScreenOnly: true,
    open: async (person) => {
      await person.goto("/me");
      await person.button(/^Notices/).click();
      await person.heading("Ends within a week");
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
    name: "me-address",
    person: () => people().alma,
    isScreenOnly: true,
    open: async (person) => {
      await person.goto("/me");
      await person.button("Set an address").click();
      await shows(person, ".proof");
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
