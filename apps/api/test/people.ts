import { newId, sha256Hex } from "@sallyport/crypto";
import { openFoundingLinks } from "@sallyport/custody/credentials";
import { SoftwareAuthenticator } from "@sallyport/passkey/testing";
import { totpCode } from "@sallyport/people";
import type { Identity } from "@sallyport/pki";
import { processId, terminalId } from "@sallyport/zones";
import { DoorClient, type Reply } from "./door-client.ts";
import { type Api, type Deployment, PARTY } from "./stack.ts";

export const PASSWORD = "correct horse battery";

/** Somebody who has enrolled, with what they hold. */
export interface Enrolled {
  readonly personId: string;
  readonly username: string;
  readonly printedName: string;
  /** What they sign in with: one of the two. */
  readonly authenticator: SoftwareAuthenticator | null;
  readonly totp: string | null;
}

/** Somebody who is signed in. */
export interface SignedIn {
  readonly sessionId: string;
  readonly session: string;
  readonly token: string;
  readonly personId: string;
}

/** What people need to be let in by a deployment: the console's certificate, or a terminal's. */
export class Desk {
  readonly at: Deployment;
  readonly #identities: Readonly<Record<"console" | "terminal", Identity>>;
  readonly #clients = new Map<string, DoorClient>();

  private constructor(at: Deployment, identities: Desk["identities"]) {
    this.at = at;
    this.#identities = identities;
  }

  static async of(at: Deployment): Promise<Desk> {
    return new Desk(at, { console: await at.issue(processId(at.trustDomain, "console")), terminal: await at.issue(terminalId(at.trustDomain)) });
  }

  get identities(): Readonly<Record<"console" | "terminal", Identity>> {
    return this.#identities;
  }

  client(api: Api, via: "console" | "terminal" = "console"): DoorClient {
    const name = `${api.port} ${via}`;
    const known = this.#clients.get(name);
    if (known !== undefined) return known;
    const made = new DoorClient(api.port, this.at.trustDomain, this.#identities[via]);
    this.#clients.set(name, made);
    return made;
  }

  close(): void {
    for (const client of this.#clients.values()) client.close();
  }

  /** One step of `POST /session/<step>`. */
  step(api: Api, step: string, body: object = {}, via: "console" | "terminal" = "console"): Promise<Reply> {
    return this.client(api, via).send({ path: `/session/${step}`, body: JSON.stringify(body) });
  }

  /** Has somebody enrol by a link: with a passkey, or with password and code. */
  async enrol(api: Api, secret: string, names: { readonly username: string; readonly printedName: string }, kind: "passkey" | "password"): Promise<Enrolled> {
    const input = { secret, ...names };
    if (kind === "passkey") {
      const authenticator = new SoftwareAuthenticator(PARTY);
      const { ceremony, options } = bodyOf(await this.step(api, "enrolment/passkey-options", input)) as { ceremony: string; options: string };
      const done = bodyOf(await this.step(api, "enrolment/passkey", { ...input, ceremony, label: "A key", response: authenticator.create(options) }));
      return { ...names, personId: (done as { personId: string }).personId, authenticator, totp: null };
    }
    const { ceremony, secret: totp } = bodyOf(await this.step(api, "enrolment/totp-options", input)) as { ceremony: string; secret: string };
    const done = bodyOf(await this.step(api, "enrolment/password", { ...input, ceremony, password: PASSWORD, totp: totpCode(totp, Date.now()) }));
    return { ...names, personId: (done as { personId: string }).personId, authenticator: null, totp };
  }

  /** The two founders, enrolled: the first with a passkey, the second with password and code. */
  async found(api: Api): Promise<readonly [Enrolled, Enrolled]> {
    const [one, two] = openFoundingLinks(this.at.custodian.store).map(({ secret }) => secret);
    const first = await this.enrol(api, one ?? "", { username: "first.founder", printedName: "First Founder" }, "passkey");
    return [first, await this.enrol(api, two ?? "", { username: "second.founder", printedName: "Second Founder" }, "password")];
  }

  /** Somebody with a role at a place, enrolled as if they had been invited. */
  async person(
    api: Api,
    username: string,
    kind: "passkey" | "password",
    held: { readonly role: string; readonly study?: string; readonly site?: string } = { role: "auditor" },
  ): Promise<Enrolled> {
    const { people, links } = api.process.people;
    const secret = newId("s").padEnd(43, "x").replaceAll("_", "-");
    const person = { id: newId("per"), principal: newId("prn"), username, printedName: `Person ${username}`, status: "invited" as const };
    await api.database.transaction(async (tx) => {
      await people.register(tx, person);
      await people.assign(tx, person.principal, { role: held.role, study: held.study ?? "*", site: held.site ?? "*", fromMs: 0, untilMs: null });
      await links.issue(tx, { id: newId("lnk"), kind: "invitation", person: person.id, approval: null, expiresMs: Date.now() + 600_000 }, sha256Hex(secret));
    });
    return this.enrol(api, secret, { username, printedName: person.printedName }, kind);
  }

  /** What somebody shows to sign in, and which step takes it. A code is good again, as if half a minute had passed. */
  async proofOf(api: Api, who: Enrolled): Promise<readonly [step: string, body: object]> {
    if (who.authenticator !== null) {
      const { ceremony, options } = bodyOf(await this.step(api, "sign-in/passkey-options")) as { ceremony: string; options: string };
      return ["sign-in/passkey", { ceremony, response: who.authenticator.get(options) }];
    }
    return ["sign-in/password", { username: who.username, password: PASSWORD, totp: await this.code(who) }];
  }

  /** A code that counts: what was taken before is forgotten. */
  async code(who: Enrolled, nowMs = Date.now()): Promise<string> {
    await this.at.owner.run`UPDATE people.passwords SET last_step = 0 WHERE person = ${who.personId}`;
    return totpCode(who.totp ?? "", nowMs);
  }

  async signIn(api: Api, who: Enrolled): Promise<SignedIn> {
    const [step, body] = await this.proofOf(api, who);
    return bodyOf(await this.step(api, step, body)) as SignedIn;
  }

  call(api: Api, who: SignedIn, procedure: string, input: unknown, key?: string): Promise<Reply> {
    return this.client(api).call(procedure, input, who.token, key);
  }
}

/** The body of a success; throws, with the answer, for anything else. */
export function bodyOf(reply: Reply): unknown {
  if (reply.status !== 200) throw new Error(`${reply.status} ${reply.text}`);
  return JSON.parse(reply.text) as unknown;
}
