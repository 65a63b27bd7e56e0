import { randomUUID } from "node:crypto";
import type { Browser, BrowserContext, BrowserContextOptions, Page } from "playwright-core";
import { Codes } from "./totp.ts";

const LOOK_MS = 30_000;

/** Who enrols, as they say it themselves or as an administrator named them. */
export interface Named {
  readonly username: string;
  readonly printedName: string;
}

/** What a step of a ceremony answers with: each step has some of these. */
interface Begun {
  readonly ceremony: string;
  readonly options: string;
  readonly secret: string;
  readonly sessionId: string;
}

/**
 * A person at the console: a browser of their own (a context shares no cookie with another), an authenticator that Chromium plays, and all
 * that the browser objected to on the way.
 */
export class ConsolePerson {
  readonly page: Page;
  readonly console: string;
  readonly objections: string[] = [];
  #session = "";
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

  /** Sends what a page sends, with this browser's cookies; answers what came back. */
  async #send<T>(path: string, data: object, headers: Readonly<Record<string, string>> = {}): Promise<T> {
    const response = await this.context.request.post(`${this.console}/api/${path}`, { data, headers: { origin: this.console, "x-sallyport": "1", ...headers } });
    if (!response.ok()) throw new Error(`${path}: ${response.status()} ${await response.text()}`);
    return (await response.json()) as T;
  }

  /** Has this browser's authenticator make a passkey, or prove one, by the options that a page was given. */
  async #ceremony(of: "create" | "get", options: string): Promise<string> {
    if (!this.page.url().startsWith(this.console)) await this.goto("/healthz");
    return await this.page.evaluate(
      async ([kind, json]) => {
        const publicKey = JSON.parse(json) as PublicKeyCredentialCreationOptionsJSON & PublicKeyCredentialRequestOptionsJSON;
        const credential =
          kind === "create"
            ? await navigator.credentials.create({ publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(publicKey) })
            : await navigator.credentials.get({ publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(publicKey) });
        return JSON.stringify(credential);
      },
      [of, options] as const,
    );
  }

  /** Enrols a passkey by what its pages send, without the pages: for tests of what comes after. */
  async enrolWithoutPages(link: string, who: Named): Promise<void> {
    const input = { secret: new URL(link).hash.slice(1), ...who };
    const { ceremony, options } = await this.#send<Begun>("session/enrolment/passkey-options", input);
    await this.#send("session/enrolment/passkey", { ...input, ceremony, label: "Passkey", response: await this.#ceremony("create", options) });
  }

  /** The same with a password and a code. */
  async enrolPasswordWithoutPages(link: string, who: Named, password: string): Promise<void> {
    const input = { secret: new URL(link).hash.slice(1), ...who };
    const { ceremony, secret } = await this.#send<Begun>("session/enrolment/totp-options", input);
    [this.#codes, this.#password] = [new Codes(secret), password];
    await this.#send("session/enrolment/password", { ...input, ceremony, password, totp: await this.nextCode() });
  }

  /** Signs in by what the page sends, without the page: by the passkey, or by the password under this name. */
  async signInWithoutPages(username: string): Promise<void> {
    if (this.#codes !== null) {
      const input = { username, password: this.#password, totp: await this.nextCode() };
      this.#session = (await this.#send<Begun>("session/sign-in/password", input)).sessionId;
      return;
    }
    const { ceremony, options } = await this.#send<Begun>("session/sign-in/passkey-options", {});
    this.#session = (await this.#send<Begun>("session/sign-in/passkey", { ceremony, response: await this.#ceremony("get", options) })).sessionId;
  }

  /** Calls a procedure as a page of this browser would, in the session of {@link signInWithoutPages}. */
  async call<T>(procedure: string, input: object): Promise<T> {
    const headers = { "sallyport-session": this.#session, "idempotency-key": randomUUID() };
    return (await this.#send<{ readonly result: { readonly data: T } }>(`call/${procedure}`, input, headers)).result.data;
  }

  /** Approves a request by the passkey, without its page. */
  async approveWithoutPages(approvalId: string, reason: string): Promise<void> {
    const { digest, challenge } = await this.call<{ readonly digest: string; readonly challenge: string }>("approvals.get", { approvalId });
    const proof = { kind: "passkey", response: await this.#ceremony("get", challenge) };
    await this.call("approvals.decide", { approvalId, digest, verdict: "approve", reason, proof });
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
