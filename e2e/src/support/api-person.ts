import { randomUUID } from "node:crypto";
import { Agent, request } from "node:https";
import { join } from "node:path";
import { SoftwareAuthenticator } from "@sallyport/passkey/testing";
import { clientOptions, readIdentity } from "@sallyport/pki";
import { processId } from "@sallyport/zones";
import type { Product } from "./product.ts";

/** A token's life is minutes: it is renewed well before. */
const RENEW_MS = 60_000;
const BUSY_MS = 500;
const BUSY_TRIES = 240;

interface Answer {
  readonly status: number;
  readonly text: string;
}

/** The door of an api as the console's workload comes to it, for people who are signed in without a browser. */
export class ApiDoor {
  readonly #agent: Agent;
  readonly #port: number;
  readonly origin: string;

  private constructor(agent: Agent, port: number, origin: string) {
    this.#agent = agent;
    this.#port = port;
    this.origin = origin;
  }

  static async of(product: Product): Promise<ApiDoor> {
    const { trustDomain } = await product.status();
    const identity = readIdentity(join(product.home, "identity", "console"));
    const agent = new Agent({ ...clientOptions(identity, processId(trustDomain, "api")), servername: "localhost", keepAlive: true });
    return new ApiDoor(agent, product.apiPort, product.console);
  }

  post(path: string, body: object, headers: Readonly<Record<string, string>> = {}): Promise<Answer> {
    const text = JSON.stringify(body);
    return new Promise((resolve, reject) => {
      const call = request({
        host: "127.0.0.1",
        port: this.#port,
        method: "POST",
        path,
        agent: this.#agent,
        headers: { "content-type": "application/json", "content-length": String(Buffer.byteLength(text)), ...headers },
      });
      call.once("error", reject);
      call.once("response", (response) => {
        const pieces: Buffer[] = [];
        response.on("data", (piece: Buffer) => pieces.push(piece));
        response.once("error", reject);
        response.once("end", () => resolve({ status: response.statusCode ?? 0, text: Buffer.concat(pieces).toString("utf8") }));
      });
      call.end(text);
    });
  }

  /** One step of a sign-in or an enrolment. */
  async step(step: string, body: object = {}): Promise<Readonly<Record<string, string>>> {
    const { status, text } = await this.post(`/session/${step}`, body);
    if (status !== 200) throw new Error(`${step}: ${status} ${text}`);
    return JSON.parse(text) as Readonly<Record<string, string>>;
  }

  close(): void {
    this.#agent.destroy();
  }
}

/** Somebody who is signed in with a passkey of theirs, in one session that lasts. */
export class ApiPerson {
  readonly personId: string;
  readonly authenticator: SoftwareAuthenticator;
  readonly #door: ApiDoor;
  #session = "";
  #token = "";
  #tokenAtMs = 0;

  private constructor(door: ApiDoor, personId: string, authenticator: SoftwareAuthenticator) {
    this.#door = door;
    this.personId = personId;
    this.authenticator = authenticator;
  }

  /** Enrols by a founding link. */
  static async founding(door: ApiDoor, link: string, names: { readonly username: string; readonly printedName: string }): Promise<ApiPerson> {
    const input = { secret: new URL(link).hash.slice(1), ...names };
    const authenticator = new SoftwareAuthenticator({ id: "localhost", origin: door.origin });
    const { ceremony = "", options = "" } = await door.step("enrolment/passkey-options", input);
    const { personId = "" } = await door.step("enrolment/passkey", { ...input, ceremony, label: "A key", response: authenticator.create(options) });
    return new ApiPerson(door, personId, authenticator);
  }

  /** Begins the session: after the last founder has enrolled. */
  async signIn(): Promise<void> {
    const asked = await this.#door.step("sign-in/passkey-options");
    const signedIn = await this.#door.step("sign-in/passkey", { ceremony: asked["ceremony"], response: this.authenticator.get(asked["options"] ?? "") });
    [this.#session, this.#token, this.#tokenAtMs] = [signedIn["session"] ?? "", signedIn["token"] ?? "", Date.now()];
  }

  /** Calls a procedure under one key, as often as the api is busy; answers its data. */
  async call<T>(procedure: string, input: object): Promise<T> {
    const key = randomUUID();
    for (let tries = 0; ; tries += 1) {
      if (Date.now() - this.#tokenAtMs > RENEW_MS) {
        this.#token = (await this.#door.step("token", { session: this.#session }))["token"] ?? "";
        this.#tokenAtMs = Date.now();
      }
      // A connection that the api has kept for five minutes is closed, maybe as something is sent over it: what is under one key is sent again.
      const { status, text } = await this.#door
        .post(`/trpc/${procedure}`, input, { authorization: `Bearer ${this.#token}`, "idempotency-key": key })
        .catch((error: unknown) => ({ status: 503, text: String(error) }));
      if (status === 200) return (JSON.parse(text) as { readonly result: { readonly data: T } }).result.data;
      if (status !== 503 || tries === BUSY_TRIES) throw new Error(`${procedure}: ${status} ${text}`);
      await new Promise((settle) => setTimeout(settle, BUSY_MS));
    }
  }

  /** A proof over a digest by their passkey. */
  over(digest: string): object {
    return { kind: "passkey", response: this.authenticator.assert(Buffer.from(digest, "hex")) };
  }
}
