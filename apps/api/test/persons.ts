import { createHash, randomBytes } from "node:crypto";
import { newId } from "@sallyport/crypto";
import type { Identity } from "@sallyport/pki";
import { ACTIONS } from "@sallyport/policy";
import { processId } from "@sallyport/zones";
import { DoorClient, type Reply } from "./door-client.ts";
import type { Api, Deployment } from "./stack.ts";

/** Somebody who is signed in at the console. */
export interface SignedIn {
  readonly person: string;
  readonly principal: string;
  readonly printedName: string;
  /** Calls through the console, with a token of their session. */
  call(api: Api, procedure: string, input: unknown, key?: string): Promise<Reply>;
  /** Opens a watch, likewise. */
  watch(api: Api, procedure: string, input: unknown): AsyncGenerator<Record<string, unknown>, void, undefined>;
}

/** People of a deployment, put into the database as if they had enrolled, with live sessions at one console. */
export class Persons {
  readonly #at: Deployment;
  readonly #console: Identity;
  readonly #clients = new Map<Api, DoorClient>();

  private constructor(at: Deployment, console: Identity) {
    this.#at = at;
    this.#console = console;
  }

  static async of(at: Deployment): Promise<Persons> {
    return new Persons(at, await at.issue(processId(at.trustDomain, "console")));
  }

  /** Adds a person with a role at a place, `*`/`*` for the whole deployment; with `as`, another account of a person who is there. */
  async add(username: string, role: string, { study = "*", site = "*", as }: { readonly study?: string; readonly site?: string; readonly as?: SignedIn } = {}): Promise<SignedIn> {
    const { owner } = this.#at;
    const person = as?.person ?? newId("per");
    const principal = newId("prn");
    const printedName = as?.printedName ?? `${username} Person`;
    await owner.run`INSERT INTO policy.principals (id, name, kind, person) VALUES (${principal}, ${printedName}, 'person', ${person})`;
    if (as === undefined) {
      await owner.run`INSERT INTO people.persons (id, principal, username, printed_name, status) VALUES (${person}, ${principal}, ${username}, ${printedName}, 'active')`;
    }
    await owner.run`INSERT INTO policy.assignments (principal, role, study, site, from_ms) VALUES (${principal}, ${role}, ${study}, ${site}, 0)`;
    const session = newId("ses");
    const hash = createHash("sha256").update(randomBytes(32)).digest("hex");
    const nowMs = Date.now();
    await owner.run`
      INSERT INTO people.sessions (id, secret_hash, person, principal, via, workload, method, started_ms, last_seen_ms, ends_ms)
      VALUES (${session}, ${hash}, ${person}, ${principal}, 'console', ${processId(this.#at.trustDomain, "console")}, 'passkey', ${nowMs}, ${nowMs}, ${nowMs + 3_600_000})`;
    const token = this.#at.forge("admin", {
      sub: principal,
      scope: ACTIONS.join(" "),
      azp: processId(this.#at.trustDomain, "console"),
      x5t: this.#at.x5t(this.#console),
    });
    const { jti, exp } = JSON.parse(Buffer.from(token.split(".")[1] ?? "", "base64url").toString()) as { jti: string; exp: number };
    await owner.run`INSERT INTO people.session_tokens (jti, session, exp_s) VALUES (${jti}, ${session}, ${exp})`;
    return {
      person,
      principal,
      printedName,
      call: (api, procedure, input, key) => this.#client(api).call(procedure, input, token, key),
      watch: (api, procedure, input) => this.#client(api).watch(procedure, input, token),
    };
  }

  /** Has an api know at once what was put into its database. */
  async known(api: Api): Promise<void> {
    await Promise.all([api.process.policy.refresh(), api.process.sessions.refresh()]);
  }

  close(): void {
    for (const client of this.#clients.values()) client.close();
  }

  #client(api: Api): DoorClient {
    const known = this.#clients.get(api);
    if (known !== undefined) return known;
    const made = new DoorClient(api.port, this.#at.trustDomain, this.#console);
    this.#clients.set(api, made);
    return made;
  }
}
