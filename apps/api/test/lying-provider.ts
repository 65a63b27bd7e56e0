import { createHmac, generateKeyPairSync, type KeyObject, sign } from "node:crypto";
import { createServer, type Server, type ServerResponse } from "node:http";
import type { ProviderSettings } from "../src/openid-provider.ts";
import { closeLocally, listenLocally } from "./real-provider.ts";

/** What the next id token says, and how it is signed. */
export interface Lie {
  readonly claims?: Readonly<Record<string, unknown>>;
  readonly alg?: "EdDSA" | "none" | "HS256";
  /** Another key than the one that it publishes. */
  readonly isForged?: boolean;
  /** What the token endpoint does instead of answering. */
  readonly token?: (response: ServerResponse) => void;
}

const base64url = (value: object): string => Buffer.from(JSON.stringify(value)).toString("base64url");

/** A provider that says what it is told to say. It asks nobody who they are: a test goes from {@link answerTo} to the token at once. */
export class LyingProvider {
  readonly settings: ProviderSettings;
  readonly server: Server;
  lie: Lie = {};
  /** Answers nothing at all while it is true. */
  isSilent = false;
  readonly #keys = generateKeyPairSync("ed25519");
  readonly #others = generateKeyPairSync("ed25519");
  #nonce = "";

  private constructor(server: Server, issuer: string) {
    this.server = server;
    this.settings = { issuer, clientId: "sallyport", clientSecret: "another secret of the tests" };
  }

  static async start(): Promise<LyingProvider> {
    const server = createServer();
    const lying = new LyingProvider(server, await listenLocally(server));
    server.on("request", (request, response) => {
      if (!lying.isSilent) lying.#answer(request.url ?? "", response);
    });
    return lying;
  }

  /** The query that a browser comes back with from this address, without having been anywhere. */
  answerTo(url: string): string {
    const asked = new URL(url).searchParams;
    this.#nonce = asked.get("nonce") ?? "";
    return new URLSearchParams({ code: "a-code", state: asked.get("state") ?? "" }).toString();
  }

  close(): Promise<void> {
    return closeLocally(this.server);
  }

  #answer(path: string, response: ServerResponse): void {
    const { issuer } = this.settings;
    const json = (body: object): void => void response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(body));
    if (path === "/.well-known/openid-configuration")
      return json({
        issuer,
        authorization_endpoint: `${issuer}/authorize`,
        token_endpoint: `${issuer}/token`,
        jwks_uri: `${issuer}/keys`,
        response_types_supported: ["code"],
        subject_types_supported: ["public"],
        id_token_signing_alg_values_supported: ["EdDSA", "HS256", "none"],
      });
    if (path === "/keys") return json({ keys: [{ ...this.#keys.publicKey.export({ format: "jwk" }), kid: "k1", alg: "EdDSA", use: "sig" }] });
    if (path === "/token" && this.lie.token !== undefined) return this.lie.token(response);
    return json({ access_token: "nobody uses it", token_type: "Bearer", expires_in: 60, id_token: this.#idToken() });
  }

  #idToken(): string {
    const { claims = {}, alg = "EdDSA", isForged = false } = this.lie;
    const { issuer, clientId, clientSecret } = this.settings;
    const nowS = Math.floor(Date.now() / 1000);
    const body = { iss: issuer, aud: clientId, sub: "ada", nonce: this.#nonce, iat: nowS, exp: nowS + 60, auth_time: nowS, ...claims };
    const signed = `${base64url({ alg, kid: "k1" })}.${base64url(body)}`;
    return `${signed}.${signature(signed, alg, (isForged ? this.#others : this.#keys).privateKey, clientSecret)}`;
  }
}

function signature(text: string, alg: "EdDSA" | "none" | "HS256", key: KeyObject, secret: string): string {
  if (alg === "none") return "";
  return (alg === "HS256" ? createHmac("sha256", secret).update(text).digest() : sign(null, Buffer.from(text), key)).toString("base64url");
}
