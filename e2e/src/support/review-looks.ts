import { untilInForce } from "./in-force.ts";
import { REASON } from "./invitation.ts";
import { type Look, shows } from "./look.ts";
import { chooseIn, choosePlace, openPerson } from "./people-pages.ts";
import { PILOT, pilotDemographics } from "./pilot-study.ts";
import type { Populated } from "./populated.ts";
import type { ConsolePerson } from "./console-person.ts";

/** A subject of another site than 701, as the study names it. */
function elsewhere(): string {
  const data = pilotDemographics();
  const at = data.column("SITEID").findIndex((site) => String(site) !== "701");
  return String(data.column("USUBJID")[at]);
}

/** The first step of an emergency, filled in. */
async function ask(person: ConsolePerson): Promise<void> {
  await person.goto("/subjects");
  await person.button("Emergency access").click();
  await person.fill("Subject", elsewhere());
  await chooseIn(person, "Cause", /adverse event/);
  await person.fill("Reason", "the ward asks for the medication, and nobody of the site can be reached");
}

/** A review of everything that there is: opened, assigned to whoever opened it, the first item in order by a key, the second a finding. */
async function reviewTheTrail(person: ConsolePerson): Promise<void> {
  await person.button("Open a review of the trail").click();
  await choosePlace(person, "Everywhere");
  await person.fill("Reason", "the monthly look at the trail");
  await person.button("Open it").click();
  await person.page.waitForURL(/\/reviews\/trail\/atr_/);
  await person.button("Assign").click();
  await person.page.getByRole("combobox", { name: /Reviewer/ }).fill("Dora");
  await person.page.getByRole("option", { name: "Dora Vance" }).click();
  await person.page.getByRole("dialog").getByRole("button", { name: "Assign" }).click();
  await person.page.getByRole("button", { name: "Item 1 is in order" }).focus();
  await person.page.keyboard.press("o");
  await shows(person, ".trail-item .badge-stands");
  await person.page.getByRole("button", { name: "Item 2 is in order" }).focus();
  await person.page.keyboard.press("f");
  await person.fill("What is wrong", "asked for and agreed to within a minute, by the same two people");
  await person.button("Record the finding").click();
  await person.page.getByRole("button", { name: "Said (1) of item 2" }).click();
  await shows(person, ".said-text");
}

/** Asking for access in an emergency, and reviews of who holds what and of what is on the trail. */
export function reviewLooks(people: () => Populated): readonly Look[] {
  let isAssigned = false;
  /** Whoever releases packets reviews the subjects of one site too, and of no other. */
  const reviewer = async (): Promise<void> => {
    if (isAssigned) return;
    const { alma, stan } = people();
    await openPerson(alma, "Stan Oro");
    await alma.button("Assign a role").click();
    await chooseIn(alma, "Role", /^clinical_reviewer/);
    await choosePlace(alma, `${PILOT} / 701`);
    await alma.fill("Reason", REASON);
    await alma.button(/^Assign$/).click();
    await alma.see("It is in force within a second.");
    await untilInForce(stan, "/subjects", ".subject-label");
    isAssigned = true;
  };
  return [
    {
      name: "emergency",
      person: () => people().stan,
      isScreenOnly: true,
      open: async (person) => {
        await reviewer();
        await ask(person);
        await shows(person, ".will-record");
      },
    },
    {
      name: "review",
      person: () => people().alma,
      open: async (person) => {
        await person.goto("/reviews");
        await person.heading("Reviews of access");
        await person.page.locator("#access-reviews ~ .table-frame a, #access-reviews ~ .empty, .empty, .table a").first().waitFor();
        const link = person.page.getByRole("link", { name: "All roles, everywhere" });
        if ((await link.count()) === 0) {
          await person.button("Open a review of access").click();
          await person.fill("Reason", "the half-yearly review of access");
          await person.button("Open it").click();
          await person.page.waitForURL(/\/reviews\/arv_/);
          await person.fill("Reason for the lines that you keep", "looked at with their manager");
          await person.page.locator(".review-acts button").first().focus();
          await person.page.keyboard.press("k");
          await shows(person, ".badge-stands");
        } else await link.first().click();
        await shows(person, ".review-line");
      },
    },
    {
      name: "reviews",
      person: () => people().alma,
      open: async (person) => {
        await person.goto("/reviews");
        await person.heading("Reviews of access");
        await person.page.getByRole("link", { name: "All roles, everywhere" }).first().waitFor();
      },
    },
    {
      name: "open-trail-review",
      person: () => people().dora,
      open: async (person) => {
        await person.goto("/reviews");
        await person.button("Open a review of the trail").click();
        await shows(person, ".risk-check");
      },
    },
    {
      name: "trail-review",
      person: () => people().dora,
      open: async (person) => {
        await person.goto("/reviews");
        const list = person.page.locator("#trail-reviews").locator("xpath=ancestor::section");
        await list.locator("table a, .empty").first().waitFor();
        const link = list.getByRole("link", { name: /^Everywhere/ });
        if ((await link.count()) === 0) await reviewTheTrail(person);
        else await link.first().click();
        await shows(person, ".said-text, .trail-item .badge-stands");
      },
    },
    {
      name: "saved-searches",
      person: () => people().dora,
      isScreenOnly: true,
      open: async (person) => {
        await person.goto("/crossings?what=phi.read&outcome=deny&last=7d");
        await person.button("Saved …").click();
        await person.page.locator(".saved-one, .empty").first().waitFor();
        if ((await person.page.locator(".saved-one").count()) > 0) return;
        await person.fill("Name", "Reveals that were refused");
        await person.button("Save this search").click();
        await shows(person, ".saved-one");
      },
    },
  ];
}
