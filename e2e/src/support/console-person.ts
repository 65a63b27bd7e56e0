import type { Browser, BrowserContext, BrowserContextOptions, Page } from "playwright-core";
import { Codes } from "./totp.ts";

const LOOK_MS = 30_000;

/** Who enrols, as they say it themselves or as an administrator named them. */
export interface Named {
  readonly username: string;
  readonly printedName: string;
}

/**
 * A person at the console: a browser of their own (a context shares no cookie with another), an authenticator that Chromium plays, and all
 * that the browser objected to on the way.
 */
export class ConsolePerson {
  readonly page: Page;
  readonly console: string;
  readonly objections: string[] = [];
  #codes: Codes | null = null;
  #password = "";

  private constructor(page: Page, url: string) {
    this.page = page;
    this.console = url;
    page.setDefaultTimeout(LOOK_MS);
    page.on("console", (message) => {
      if (message.type() === "error" || message.type() === "warning") this.objections.push(message.text());
    });
    page.on("pageerror", (error) => this.objections.push(error.message));
  }

  static async open(browser: Browser, url: string, options: BrowserContextOptions = {}): Promise<ConsolePerson> {
    const context = await browser.newContext(options);
    const page = await context.newPage();
    const devtools = await context.newCDPSession(page);
    await devtools.send("WebAuthn.enable", { enableUI: false });
    await devtools.send("WebAuthn.addVirtualAuthenticator", {
      options: { protocol: "ctap2", transport: "internal", hasResidentKey: true, hasUserVerification: true, isUserVerified: true, automaticPresenceSimulation: true },
    });
    return new ConsolePerson(page, url);
  }

  get context(): BrowserContext {
    return this.page.context();
  }

  async goto(path: string): Promise<void> {
    await this.page.goto(this.console + path);
  }

  button(name: string | RegExp) {
    return this.page.getByRole("button", { name });
  }

  async fill(label: string, value: string): Promise<void> {
    await this.page.getByLabel(label, { exact: true }).fill(value);
  }

  async see(text: string | RegExp): Promise<void> {
    await this.page.getByText(text).first().waitFor();
  }

  async heading(name: string | RegExp): Promise<void> {
    await this.page.getByRole("heading", { name }).first().waitFor();
  }

  /** Opens a one-time link and says who it is. */
  async openLink(link: string, who: Named | null): Promise<void> {
    await this.page.goto(link);
    if (who !== null) {
      await this.fill("Printed name", who.printedName);
      await this.fill("User name", who.username);
    }
    await this.button(/^(?:Go on|That is me, go on)$/).click();
  }

  async enrolWithPasskey(link: string, who: Named | null): Promise<void> {
    await this.openLink(link, who);
    await this.button("Make a passkey").click();
    await this.heading("You are enrolled");
  }

  async enrolWithPassword(link: string, who: Named | null, password: string): Promise<void> {
    await this.openLink(link, who);
    await this.button("I can't use a passkey: password and authenticator app").click();
    this.#codes = new Codes(await this.page.locator(".totp-secret").innerText());
    this.#password = password;
    await this.fill("Password", password);
    await this.fill("Code that the app shows now", await this.#codes.next());
    await this.button("Enrol").click();
    await this.heading("You are enrolled");
  }

  async signInWithPasskey(to = "/overview"): Promise<void> {
    await this.goto(`/sign-in`);
    await this.button("Sign in with a passkey").click();
    await this.page.waitForURL(`**/overview`);
    if (to !== "/overview") await this.goto(to);
  }

  async signInWithPassword(username: string): Promise<void> {
    await this.goto("/sign-in");
    await this.button("Use password and code instead").click();
    await this.fill("User name", username);
    await this.fill("Password", this.#password);
    await this.fill("Code from your authenticator app", await this.nextCode());
    await this.button("Sign in").click();
    await this.page.waitForURL("**/overview");
  }

  /** The code that this person's authenticator app shows, a new one each time. */
  async nextCode(): Promise<string> {
    return (await this.#codes?.next()) ?? "";
  }

  /** Gives the proof that a dialog asks for, by what this person enrolled with. */
  async prove(action: string): Promise<void> {
    if (this.#codes === null) {
      await this.button(`${action} with your passkey`).click();
      return;
    }
    await this.fill("Password", this.#password);
    await this.fill("Code from your authenticator app", await this.nextCode());
    await this.button(action).click();
  }

  /** Approves the newest open request. */
  async approveNext(reason: string): Promise<void> {
    await this.goto("/approvals");
    await this.page.locator(".row-open").first().click();
    await this.fill("Reason", reason);
    await this.prove("Approve");
    await this.see("Approved, and on record.");
  }

  /** What waits in the browser for the next one to find: storage, caches, the address. */
  async leftBehind(): Promise<string> {
    return await this.page.evaluate(async () =>
      JSON.stringify([
        Object.entries(localStorage),
        Object.entries(sessionStorage),
        await caches.keys(),
        (await indexedDB.databases()).map(({ name }) => name),
        location.href,
        document.title,
        document.cookie,
      ]),
    );
  }

  async close(): Promise<void> {
    await this.context.close();
  }
}

/** The founding links that the supervisor printed. */
export const foundingLinks = (printed: string): readonly string[] => [...printed.matchAll(/^founding administrator \d: (http\S+)$/gm)].map(([, link]) => link ?? "");
