import type { IncomingMessage, ServerResponse } from "node:http";
import * as contracts from "@sallyport/contracts";
import { type ErrorCode, catalog, toWireError } from "@sallyport/errors";
import { healthy } from "./fake-api.ts";

/** Ids as the product makes them: 26 of Crockford's base32. */
export const fakeId = (prefix: string, name: string): string =>
  `${prefix}_${name
    .replaceAll(/[^0-9a-hjkmnp-tv-z]/g, "0")
    .padEnd(26, "0")
    .slice(0, 26)}`;
const fakeSecret = (name: string): string => name.padEnd(43, "A").slice(0, 43);
export const HOUR_MS = 3_600_000;

export interface FakePerson {
  readonly name: string;
  readonly printedName: string;
  readonly password: string;
  /** Something that is this person's alone: it stands in what they are shown. */
  readonly canary: string;
}

interface FakeSession {
  readonly person: FakePerson;
  readonly secret: string;
  readonly sessionId: string;
  readonly startedAtMs: number;
  ended: ErrorCode | null;
}

type Answer = { readonly status: number; readonly body: unknown };
export type Procedure = (input: unknown, person: FakePerson, request: IncomingMessage) => unknown;

/** A refusal that a fake procedure answers. */
export class Refused extends Error {
  readonly code: ErrorCode;
  constructor(code: ErrorCode) {
    super(code);
    this.code = code;
  }
}

/** What the fake saw of one request: how the console called it. */
export interface Seen {
  readonly path: string;
  readonly person: string | null;
  readonly isBackground: boolean;
  readonly idempotencyKey: string | undefined;
}

/**
 * Sessions and procedures as the api has them, in memory, for tests of the console: password sign-in, tokens, their ends, and any procedure
 * that a test provides. Everything that it answers parses with the contracts.
 */
export class FakePeople {
  readonly people: readonly FakePerson[];
  readonly procedures: Record<string, Procedure>;
  readonly sessions = new Map<string, FakeSession>();
  readonly seen: Seen[] = [];
  readonly tokens = new Map<string, FakeSession>();
  idleSeconds = 900;
  tokenLifeMs = 900_000;
  foundersLeft = 0;
  #count = 0;

  constructor(people: readonly FakePerson[], procedures: Record<string, Procedure> = {}) {
    this.people = people;
    this.procedures = procedures;
  }

  /** Ends every session of a person, as an administrator's act would. */
  endAll(name: string, code: ErrorCode = "session.ended"): void {
    for (const session of this.sessions.values()) if (session.person.name === name) session.ended = code;
  }

  readonly answer = (request: IncomingMessage, response: ServerResponse): void => {
    const path = request.url ?? "";
    const send = ({ status, body }: Answer) => response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
    if (path === "/health") {
      send({ status: 200, body: healthy });
      return;
    }
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      try {
        const bytes = Buffer.concat(chunks);
        if (path.startsWith("/upload/")) {
          send({ status: 200, body: this.#call("packets.part", { path, bytes }, request) });
          return;
        }
        const input: unknown = JSON.parse(bytes.toString("utf8"));
        send({ status: 200, body: path.startsWith("/session/") ? this.#step(path.slice(9), input) : this.#call(path.slice(6), input, request) });
      } catch (error) {
        const code = error instanceof Refused ? error.code : "internal";
        send({ status: catalog[code].status, body: toWireError(code, fakeId("req", `${this.#count++}`)) });
      }
    });
  };

  #step(step: string, input: unknown): unknown {
    this.seen.push({ path: step, person: null, isBackground: false, idempotencyKey: undefined });
    switch (step) {
      case "founding":
        return contracts.FoundingOutput.parse({ foundersLeft: this.foundersLeft });
      case "methods":
        return contracts.MethodsOutput.parse({ methods: ["passkey", "password"], provider: null });
      case "sign-in/provider-options":
        return contracts.ProviderOptionsOutput.parse({ url: `https://login.example/authorize?state=s.${fakeSecret("state")}`, browser: fakeSecret("browser") });
      case "sign-in/provider": {
        const { query, browser } = contracts.SignInProviderInput.parse(input);
        const person = this.people.find((each) => query === `code=${each.name}` && browser === fakeSecret("browser"));
        if (person === undefined) throw new Refused("signin.failed");
        return contracts.SessionOutput.parse({ session: this.begin(person).secret, ...this.#token(this.#last()) });
      }
      case "sign-in/password": {
        const { username, password } = contracts.SignInPasswordInput.parse(input);
        const person = this.people.find((each) => each.name === username && each.password === password);
        if (person === undefined) throw new Refused("signin.failed");
        return contracts.SessionOutput.parse({ session: this.begin(person).secret, ...this.#token(this.#last()) });
      }
      case "token": {
        const { session } = contracts.SessionTokenInput.parse(input);
        return contracts.SessionTokenOutput.parse(this.#token(this.#live(session)));
      }
      case "end": {
        const { session } = contracts.EndSessionInput.parse(input);
        this.#live(session).ended = "session.ended";
        return {};
      }
      default:
        return this.procedures[step]?.(input, { name: "", printedName: "", password: "", canary: "" }, {} as IncomingMessage) ?? refuse("input.not_found");
    }
  }

  #call(path: string, input: unknown, request: IncomingMessage): unknown {
    const token = /^Bearer (.+)$/.exec(request.headers.authorization ?? "")?.[1] ?? "";
    const session = this.tokens.get(token);
    const key = request.headers["idempotency-key"];
    this.seen.push({
      path,
      person: session?.person.name ?? null,
      isBackground: request.headers["sallyport-background"] === "1",
      idempotencyKey: typeof key === "string" ? key : undefined,
    });
    if (session === undefined) throw new Refused("token.time");
    if (session.ended !== null) throw new Refused(session.ended);
    const procedure = this.procedures[path];
    if (procedure === undefined) throw new Refused("input.not_found");
    return { result: { data: procedure(input, session.person, request) } };
  }

  /** Begins a session as a sign-in would. */
  begin(person: FakePerson): FakeSession {
    const number = this.#count++;
    const session: FakeSession = { person, secret: fakeSecret(`secret-${number}-`), sessionId: fakeId("ses", `${number}`), startedAtMs: Date.now(), ended: null };
    this.sessions.set(session.secret, session);
    return session;
  }

  #last(): FakeSession {
    return [...this.sessions.values()].at(-1) ?? refuse("internal");
  }

  #live(secret: string): FakeSession {
    const session = this.sessions.get(secret);
    if (session === undefined) throw new Refused("session.ended");
    if (session.ended !== null) throw new Refused(session.ended);
    return session;
  }

  #token(session: FakeSession) {
    const token = `token-${this.#count++}`;
    this.tokens.set(token, session);
    return {
      sessionId: session.sessionId,
      token,
      expiresAt: new Date(Date.now() + this.tokenLifeMs).toISOString(),
      personId: fakeId("per", session.person.name),
      printedName: session.person.printedName,
      idleSeconds: this.idleSeconds,
      endsAt: new Date(session.startedAtMs + 12 * HOUR_MS).toISOString(),
    };
  }
}

function refuse(code: ErrorCode): never {
  throw new Refused(code);
}
