import type { Browser } from "playwright-core";
import { ConsolePerson, type Named } from "./console-person.ts";

export const REASON = "asked for in the spring review";

/** Asks for an invitation, which nobody has approved yet. */
export async function askToInvite(asking: ConsolePerson, who: Named, role: RegExp, where: string): Promise<void> {
  await asking.goto("/people");
  await asking.button("Invite a person").click();
  await asking.fill("Printed name", who.printedName);
  await asking.fill("User name", who.username);
  await asking.page.getByRole("button", { name: /First role/ }).click();
  await asking.page.getByRole("option", { name: role }).click();
  await asking.page.getByRole("combobox", { name: /Where/ }).fill(where);
  await asking.page.getByRole("option").first().click();
  await asking.fill("Reason", REASON);
  await asking.button("Ask for approval").click();
  await asking.page.waitForURL(/\/approvals\?show=mine&request=apr_/);
}

/** The invitation that one administrator asks for and the other approves; answers the one-time link. */
export async function invite(asking: ConsolePerson, approving: ConsolePerson, who: Named, role: RegExp, where: string): Promise<string> {
  await askToInvite(asking, who, role, where);
  return await approvedLink(asking, approving);
}

/** Waits for the request that was just asked for, has it approved, and answers the one-time link that it gives. */
export async function approvedLink(asking: ConsolePerson, approving: ConsolePerson): Promise<string> {
  await asking.page.waitForURL(/\/approvals\?show=mine&request=apr_/);
  const request = asking.page.url();
  await asking.see("You asked for this yourself");
  await approving.approveNext(REASON);
  await asking.page.goto(request);
  await asking.button("Make the link").click();
  return await asking.page.locator(".link-shown").innerText();
}

/** Has somebody invited by what the pages of two administrators send, without the pages; answers the one-time link. A study is all of it, `*` everywhere. */
export async function invited([asking, approving]: readonly [ConsolePerson, ConsolePerson], who: Named, role: string, study: string): Promise<string> {
  const { approval } = await asking.call<{ readonly approval: { readonly approvalId: string } }>("approvals.requestInvite", { ...who, role, study, site: "*", reason: REASON });
  await approving.approveWithoutPages(approval.approvalId, REASON);
  const { secret } = await asking.call<{ readonly secret: string }>("people.issueLink", { approvalId: approval.approvalId });
  return `${asking.console}/enrol#${secret}`;
}

/**
 * Somebody invited, enrolled with a passkey and signed in, in a browser of their own, by what the pages send: how people come in by the
 * pages themselves is for the tests of people.
 */
export async function joined(
  browser: Browser,
  admins: readonly [ConsolePerson, ConsolePerson],
  who: Named,
  role: string,
  study: string,
  prepare: (person: ConsolePerson) => Promise<void> = async () => undefined,
): Promise<ConsolePerson> {
  const link = await invited(admins, who, role, study);
  const person = await ConsolePerson.open(browser, admins[0].console);
  await prepare(person);
  await person.enrolWithoutPages(link, who);
  await person.signInWithoutPages(who.username);
  return person;
}
