import { join } from "node:path";
import { connect } from "@sallyport/client";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { launchBrowser, noBrowser } from "./support/browser.ts";
import { ConsolePerson, foundingLinks } from "./support/console-person.ts";
import { untilInForce } from "./support/in-force.ts";
import { invite, REASON } from "./support/invitation.ts";
import { chooseIn, choosePlace, openPerson } from "./support/people-pages.ts";
import { Product } from "./support/product.ts";
import { until } from "./support/until.ts";

const ALMA = { username: "alma", printedName: "Alma Reyes" };
const BORIS = { username: "boris", printedName: "Boris Lind" };
const CLARA = "Clara Ode";
const SERVICE = "site-watch";
/** A subject of the demonstration study, at a site of which nobody here has a right. */
const ELSEWHERE = "SYN-001-102-1009";
const PASSWORD = "velvet anchors drift northward";

/** Answers a way to ask whether somebody's session is answered: the status of a call with it as their page makes it. */
async function liveCall({ page }: ConsolePerson): Promise<() => Promise<number>> {
  const [request] = await Promise.all([page.waitForRequest(/\/api\/call\/me\.overview/), page.reload()]);
  const session = request.headers()["sallyport-session"] ?? "";
  const ask = async (id: string): Promise<number> => {
    const answer = await fetch("/api/call/me.overview", {
      method: "POST",
      headers: { "content-type": "application/json", "x-sallyport": "1", "sallyport-session": id },
      body: "{}",
    });
    return answer.status;
  };
  // A page that is being left, because it found out by itself, has no answer to give.
  return async () => await page.evaluate(ask, session).catch(() => 0);
}

/** The folder of another machine. */
const elsewhere = (): { readonly SALLYPORT_HOME: string } => ({ SALLYPORT_HOME: join(product.folder, "elsewhere") });

/** The account of somebody, by the name that they sign with. */
const principalOf = async (printedName: string): Promise<string> =>
  await product.withOwner(async (owner) => {
    const [row] = await owner<{ principal: string }[]>`SELECT principal FROM people.persons WHERE printed_name = ${printedName}`;
    if (row === undefined) throw new Error(`nobody is called ${printedName}`);
    return row.principal;
  });
let product: Product;
let browser: Browser;
let alma: ConsolePerson;
let boris: ConsolePerson;
let clara: ConsolePerson;
let links: readonly string[] = [];

beforeAll(async () => {
  product = await Product.start();
  links = foundingLinks(product.host.stdout);
  if (noBrowser !== null) return;
  browser = await launchBrowser();
  alma = await ConsolePerson.open(browser, product.console);
  boris = await ConsolePerson.open(browser, product.console);
}, 300_000);
afterAll(async () => {
  if (noBrowser === null) await browser.close();
  await product.remove();
}, 120_000);

test("the start prints two one-time links before it is ready, and no log keeps them", async () => {
  expect(links).toHaveLength(2);
  expect(new Set(links).size).toBe(2);
  for (const link of links) expect(link).toMatch(new RegExp(`^${product.console}/enrol#[A-Za-z0-9_-]{43}$`));
  const said = product.host.stdout;
  expect(said.indexOf("founding administrator 2")).toBeLessThan(said.indexOf("ready "));
});

describe.skipIf(noBrowser !== null)(`two people in two browsers${noBrowser === null ? "" : ` (skipped: ${noBrowser})`}`, () => {
  test("found the deployment: nobody signs in before both have enrolled, each link is good once, and the link leaves the address at once", async () => {
    await alma.enrolWithPasskey(links[0] ?? "", ALMA);
    await alma.see("One founding link is left.");
    expect(alma.page.url()).toBe(`${product.console}/enrol`);
    await alma.goto("/sign-in");
    await alma.see("Founding isn't finished.");
    await alma.button("Sign in with a passkey").click();
    await alma.see("Nobody can sign in until both founding administrators have enrolled.");

    await boris.openLink(links[1] ?? "", { ...BORIS, username: ALMA.username });
    await boris.button("Make a passkey").click();
    await boris.see("This user name belongs to somebody.");
    await boris.page.goto("about:blank");
    await boris.enrolWithPassword(links[1] ?? "", BORIS, PASSWORD);

    await alma.page.goto("about:blank");
    await alma.page.goto(links[0] ?? "");
    await alma.see("This link is not good");
    await product.stop();
    await product.start();
    expect(foundingLinks(product.host.stdout)).toEqual([]);
  }, 240_000);

  test("sign in, one with a passkey and one with a password and a code, and find nothing of it in script's reach", async () => {
    await alma.signInWithPasskey();
    await boris.signInWithPassword(BORIS.username);
    for (const person of [alma, boris]) {
      await person.heading("Overview");
      const left = await person.leftBehind();
      expect(left).not.toMatch(/[A-Za-z0-9_-]{43}|eyJ/);
      const [cookie, ...others] = await person.context.cookies();
      expect(others).toEqual([]);
      expect(cookie).toMatchObject({ name: "__Host-sallyport", httpOnly: true, secure: true, sameSite: "Strict", path: "/" });
    }
  }, 120_000);

  test("invite a third by request and approval, over exactly what is shown, and nobody approves their own", async () => {
    const link = await invite(alma, boris, { username: "clara", printedName: CLARA }, /^clinical_reviewer/, "CDISCPILOT01, all");
    expect(link).toMatch(/\/enrol#[A-Za-z0-9_-]{43}$/);
    clara = await ConsolePerson.open(browser, product.console);
    await clara.enrolWithPasskey(link, null);
    await clara.signInWithPasskey();
    // A reviewer sees subjects and not people: the rail doesn't offer what would be refused, and the page is refused all the same.
    await clara.goto("/people");
    await clara.page.locator('.refusal[data-code="policy.denied"]').first().waitFor();
  }, 240_000);

  test("assign a role at a site from–until, and it is in force within a second", async () => {
    await clara.goto("/packets");
    await clara.page.locator('.refusal[data-code="policy.denied"]').first().waitFor();
    await openPerson(alma, CLARA);
    await alma.button("Assign a role").click();
    await chooseIn(alma, "Role", /^data_steward/);
    await choosePlace(alma, "CDISCPILOT01 / 701");
    await alma.page.getByLabel("Until").fill("2090-01-31T12:00");
    await alma.fill("Reason", REASON);
    await alma.button(/^Assign$/).click();
    await alma.see("It is in force within a second.");
    await alma.see(/data_steward/);
    await untilInForce(clara, "/packets", "text=Nothing waits");
    // A role that changes who may do what says beforehand that it takes two.
    await alma.button("Assign a role").click();
    await chooseIn(alma, "Role", /^security_admin/);
    await alma.see("takes a second person");
    await alma.button("Ask for approval").waitFor();
    await alma.button("Cancel").click();
  }, 120_000);

  test("preview what somebody may see and do, on record under one's own name, without a value of anybody's", async () => {
    await openPerson(alma, CLARA);
    await alma.page.getByRole("link", { name: "Preview" }).click();
    await alma.see("You are still yourself");
    await alma.heading("subject phi");
    await alma.see("phi masked");
    const [pages, shown] = [await alma.page.locator("#pages + *, section:has(#pages)").first().innerText(), await alma.page.locator("main").innerText()];
    expect(pages).toContain("Subjects");
    expect(pages).toMatch(/Left out: .*People/);
    expect(shown).not.toMatch(/security_admin/);
    const looked = await product.json<{ items: { principal: string; action: string; resource: string }[] }>([
      "--as",
      "auditor",
      "call",
      "crossings.search",
      '{"filter":{"action":"role.read"}}',
    ]);
    const [by, about] = await Promise.all([ALMA.printedName, CLARA].map(principalOf));
    expect(by).not.toBe(about);
    expect(looked.items).toContainEqual(expect.objectContaining({ principal: by, resource: about }));
  }, 60_000);

  test("stop somebody whose session is live: within a second nothing is answered in it, and once the lock is lifted they sign in anew", async () => {
    const answers = await liveCall(clara);
    expect(await answers()).toBe(200);
    await openPerson(alma, CLARA);
    await alma.button("Lock: begin").click();
    await alma.fill("Reason", REASON);
    await alma.button("Lock now").click();
    await alma.see("1 session ended.");
    const stopped = performance.now();
    await until(
      async () => ((await answers()) === 200 ? null : true),
      5000,
      () => "still answered",
    );
    expect(performance.now() - stopped).toBeLessThan(1000);
    await alma.button("Lift the lock: begin").click();
    await alma.fill("Reason", REASON);
    await alma.button("Lift it now").click();
    await alma.see("Lifted.");
    await clara.signInWithPasskey();
  }, 120_000);

  test("import a file that is told its faults by line and column, and done in one act once it has none; people become a request each, and one only", async () => {
    await alma.goto("/people/import");
    await alma.fill("CSV", "who,role,study,site\nclara,authorized_signer,CDISCPILOT01,702\nnobody,auditor,CDISCPILOT01,703");
    await alma.button("Check the file").click();
    await alma.see("there is no such one here");
    expect(await alma.page.locator("tbody tr").innerText()).toMatch(/^Line 3\s+who\s/);
    await alma.fill("CSV", "who,role,study,site\nclara,authorized_signer,CDISCPILOT01,702");
    await alma.button("Check the file").click();
    await alma.see(/held by Clara Ode \(clara\)/);
    await alma.fill("Reason", REASON);
    await alma.button("Import 1 line").click();
    await alma.see("1 assignment imported");
    for (const _again of [1, 2]) {
      await alma.goto("/people/import?of=people");
      await alma.fill(
        "CSV",
        "username,name,role,study,site,until\nines,Inês Prado,auditor,CDISCPILOT01,701,2090-01-31T12:00:00.000Z\nlea.low,Lea Low,site_coordinator,CDISCPILOT01,703,",
      );
      await alma.button("Check the file").click();
      await alma.fill("Reason", REASON);
      await alma.button("Ask for 2 approvals").click();
      await alma.see("all asked for");
    }
    await alma.goto("/approvals?show=mine&kind=person.invite");
    await alma.see("Lea Low (lea.low)");
    expect(await alma.page.getByText(/Lea Low|Inês Prado/).count()).toBe(2);
  }, 120_000);

  test("ask for access where one has none, and hold it once somebody has approved it; notices tell of both", async () => {
    await clara.goto("/crossings");
    await clara.page.locator('.refusal[data-code="policy.denied"]').first().waitFor();
    await clara.goto("/me");
    await clara.button("Ask for access").click();
    await chooseIn(clara, "Role", /^auditor/);
    await clara.fill("Study", "CDISCPILOT01");
    await clara.fill("Site", "703");
    await clara.fill("Reason", REASON);
    await clara.button("Ask for approval").click();
    await clara.see("You asked for this yourself");
    await alma.goto("/me");
    await alma.button(/^Notices, /).click();
    await alma.page.getByRole("link", { name: /Give access that was asked for: Clara Ode/ }).click();
    await alma.fill("Reason", REASON);
    await alma.prove("Approve");
    await alma.see("Approved, and on record.");
    await clara.goto("/crossings");
    await clara.page.locator(".crossing-link, .empty").first().waitFor();
    await clara.button(/^Notices/).click();
    await clara.see(/Give access that was asked for: Clara Ode \(clara\), done/);
    await clara.see(/Your role auditor, CDISCPILOT01 \/ 703, ends/);
  }, 120_000);

  test("open one subject of another site in an emergency, loudly, and not again before somebody else has looked at what was read", async () => {
    await openPerson(alma, CLARA);
    await alma.button("Assign a role").click();
    await chooseIn(alma, "Role", /^clinical_reviewer/);
    await choosePlace(alma, "SYN-001 / 101");
    await alma.fill("Reason", REASON);
    await alma.button(/^Assign$/).click();
    await alma.see("It is in force within a second.");
    await untilInForce(clara, "/me", "text=SYN-001 / 101");
    await clara.goto("/subjects");
    await clara.button("Emergency access").click();
    await chooseIn(clara, "Study", /^SYN-001/);
    await clara.fill("Subject", ELSEWHERE);
    await chooseIn(clara, "Cause", /adverse event/);
    await clara.fill("Reason", REASON);
    await clara.button("Go on").click();
    await clara.prove("Open");
    await clara.page.waitForURL(/\/subjects\/sub_/);
    await clara.see("Emergency access is open");
    await clara.page.locator(".masked-value").first().waitFor();

    await clara.button("End now").click();
    await clara.see("Ended. Somebody else will review what was read.");
    await clara.page.reload();
    await clara.page.locator('.refusal[data-code="policy.denied"]').first().waitFor();
    await clara.goto("/subjects");
    await clara.button("Emergency access").click();
    await clara.see("Your last emergency access hasn't been reviewed yet.");

    await alma.goto("/reviews");
    await alma.button(CLARA).click();
    await alma.see(/looked at/);
    await alma.fill("Comment", REASON);
    await alma.button("Record the review").click();
    await alma.see("Reviewed. It stands on record.");
  }, 120_000);

  test("offboard somebody in one act that lists what it ends: sessions and assignments end, and the name stays", async () => {
    const answers = await liveCall(clara);
    expect(await answers()).toBe(200);
    await openPerson(alma, CLARA);
    await alma.button("Offboard: begin").click();
    const listed = await alma.page.locator(".will-end").innerText();
    for (const what of ["1 session", "1 passkey", "clinical_reviewer", "data_steward", "every open request"]) expect(listed).toContain(what);
    await alma.fill("Reason", REASON);
    await alma.button("Offboard for good").click();
    await alma.see("Offboarded.");
    await until(
      async () => ((await answers()) === 200 ? null : true),
      5000,
      () => "still answered",
    );
    await alma.see("They have left for good.");
    await alma.see(/Held before: \d/);
    await alma.goto("/people?show=left");
    await alma.page.getByRole("button", { name: CLARA }).waitFor();
    await clara.close();
  }, 120_000);

  test("create a service by two: its code is shown once, it enrols on a machine of its own while it waits, is given a role, crosses, and renews", async () => {
    await boris.goto("/services");
    await boris.button("Create a service").click();
    await boris.fill("Name", SERVICE);
    await boris.fill("What it does", "Watches what waits at 701");
    await boris.fill("Reason", REASON);
    await boris.button("Ask for approval").click();
    const code = await boris.page.locator(".link-shown").first().innerText();
    expect(code).toMatch(/^svc1\.site-watch\.[A-Za-z0-9_-]{43}$/);
    expect(await boris.page.locator(".link-shown").last().innerText()).toContain(`--console ${product.console}`);
    const api = `https://localhost:${product.apiPort}`;
    const enrolling = product.begin(["enrol", "--code-file", "-", "--console", product.console, "--api", api], { stdin: code, env: elsewhere() });
    await until(
      () => (enrolling.stderr.includes("Waiting until another administrator has approved") ? true : null),
      20_000,
      () => `it said ${enrolling.stderr}`,
    );
    await boris.button("The code is kept").click();
    await boris.see("You asked for this yourself");
    expect(await boris.leftBehind()).not.toContain(code);
    await alma.approveNext(REASON);
    expect(await enrolling.ended).toMatchObject({ code: 0 });
    expect((await product.cli(["--as", SERVICE, "call", "packets.list", "{}"], { env: elsewhere() })).code).toBe(3);

    await alma.goto(`/services?service=${SERVICE}`);
    await alma.button("Assign a role").click();
    await chooseIn(alma, "Role", /^data_steward/);
    await choosePlace(alma, "CDISCPILOT01 / 701");
    await alma.fill("Reason", REASON);
    await alma.button(/^Assign$/).click();
    await alma.see("It is in force within a second.");
    await until(
      async () => (await product.cli(["--as", SERVICE, "call", "packets.list", "{}"], { env: elsewhere() })).code === 0,
      10_000,
      () => "the role isn't in force",
    );
    expect(await product.cli(["--as", SERVICE, "renew", "--now"], { env: elsewhere() })).toMatchObject({ code: 0 });
    expect(await product.cli(["--as", SERVICE, "call", "packets.list", "{}"], { env: elsewhere() })).toMatchObject({ code: 0 });
  }, 120_000);

  test("offboard a service in one act, and within a second it is refused, for good", async () => {
    await alma.goto(`/services?service=${SERVICE}`);
    await alma.button("Offboard: begin").click();
    expect(await alma.page.locator(".will-end").innerText()).toContain("data_steward");
    await alma.fill("Reason", REASON);
    const connection = connect({ profile: join(elsewhere().SALLYPORT_HOME, "profiles", SERVICE) });
    const answered = async (): Promise<boolean> =>
      await connection.call("packets.list", {}, { context: { deadlineMs: 900 } }).then(
        () => true,
        () => false,
      );
    expect(await answered()).toBe(true);
    await alma.button("Offboard for good").click();
    await alma.see("Offboarded.");
    await until(
      async () => ((await answered()) ? null : true),
      1000,
      () => "still answered",
    );
    await connection.close();
    expect((await product.cli(["--as", SERVICE, "renew", "--now"], { env: elsewhere() })).code).not.toBe(0);
    await alma.see("and is never given to another service");
    expect(await alma.button("Assign a role").count()).toBe(0);
  }, 120_000);

  test("lock one way of signing in after five wrong proofs, and the passkey stays good", async () => {
    const stranger = await ConsolePerson.open(browser, product.console);
    const attempt = async (password: string, code: string): Promise<void> => {
      await stranger.goto("/sign-in");
      await stranger.button("Use password and code instead").click();
      await stranger.fill("User name", BORIS.username);
      await stranger.fill("Password", password);
      await stranger.fill("Code from your authenticator app", code);
      await stranger.button("Sign in").click();
      await stranger.page.locator('[data-code="signin.failed"]').first().waitFor();
    };
    for (let wrong = 0; wrong < 5; wrong++) await attempt("not the one that it is", "000000");
    // What would be right is refused too, and by the same words: nobody learns that there is a lock, or that there is a Boris.
    await attempt(PASSWORD, await boris.nextCode());
    await stranger.close();
    await alma.goto("/people");
    await alma.see(/password locked/);
  }, 120_000);

  test("end a session from elsewhere, and whatever is asked for next in it leads to signing in", async () => {
    await alma.goto("/people");
    await alma.page.getByRole("button", { name: BORIS.printedName }).click();
    await alma.button("End all sessions: begin").click();
    await alma.fill("Reason", REASON);
    await alma.button("End sessions").click();
    await alma.see(/1 session ended/);
    await boris.goto("/people");
    await until(
      () => (boris.page.url().includes("/sign-in") ? true : null),
      15_000,
      () => `still at ${boris.page.url()}`,
    );
  }, 90_000);

  test("met nothing that the browser's policy objects to", () => {
    for (const person of [alma, boris]) {
      expect(person.objections.filter((text) => /policy|trusted|refused to|unsafe/i.test(text))).toEqual([]);
    }
  });
});
