import { randomBytes, generateKeyPairSync, sign } from "node:crypto";
import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

const base64url = (value: object): string => Buffer.from(JSON.stringify(value)).toString("base64url");

/**
 * An OpenID provider that asks nobody anything: whoever comes is `account`. Browsers meet it at an address, which to them is another site than
 * `localhost`, so that what they send along on the way back is what they would send along from anywhere.
 */
export class StandInProvider {
  readonly clientId = "sallyport";
  readonly clientSecret = randomBytes(24).toString("base64url");
  account = "ada";
  readonly #server: Server = createServer((request, response) => this.#answer(request, response));
  readonly #keys = generateKeyPairSync("ed25519");
  readonly #nonces = new Map<string, string>();

  static async start(): Promise<StandInProvider> {
    const provider = new StandInProvider();
    provider.#server.listen(0, "127.0.0.1");
    await once(provider.#server, "listening");
    return provider;
  }

  get issuer(): string {
    return `http://localhost:${(this.#server.address() as AddressInfo).port}`;
  }

  get settings(): Readonly<Record<string, string>> {
    return { SALLYPORT_OIDC_ISSUER: this.issuer, SALLYPORT_OIDC_CLIENT_ID: this.clientId, SALLYPORT_OIDC_CLIENT_SECRET: this.clientSecret };
  }

  close(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    const { issuer } = this;
    const url = new URL(request.url ?? "/", issuer);
    const json = (body: object): void => void response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(body));
    if (url.pathname === "/.well-known/openid-configuration")
      json({
        issuer,
        authorization_endpoint: `${issuer.replace("localhost", "127.0.0.1")}/authorize`,
        token_endpoint: `${issuer}/token`,
        jwks_uri: `${issuer}/keys`,
        response_types_supported: ["code"],
        subject_types_supported: ["public"],
        id_token_signing_alg_values_supported: ["EdDSA"],
      });
    else if (url.pathname === "/authorize") this.#sendBack(url.searchParams, response);
    else if (url.pathname === "/token") request.on("data", (body: Buffer) => json(this.#redeem(new URLSearchParams(body.toString()).get("code") ?? "")));
    else json({ keys: [{ ...this.#keys.publicKey.export({ format: "jwk" }), kid: "k1", alg: "EdDSA", use: "sig" }] });
  }

  #sendBack(asked: URLSearchParams, response: ServerResponse): void {
    const code = `code-${this.#nonces.size}`;
    this.#nonces.set(code, asked.get("nonce") ?? "");
    const back = new URL(asked.get("redirect_uri") ?? "");
    back.search = new URLSearchParams({ code, state: asked.get("state") ?? "" }).toString();
    response.writeHead(302, { location: back.href }).end();
  }

  #redeem(code: string): object {
    const nowS = Math.floor(Date.now() / 1000);
    const claims = { iss: this.issuer, aud: this.clientId, sub: this.account, nonce: this.#nonces.get(code), iat: nowS, exp: nowS + 60, auth_time: nowS };
    const signed = `${base64url({ alg: "EdDSA", kid: "k1" })}.${base64url(claims)}`;
    return { access_token: "nobody uses it", token_type: "Bearer", id_token: `${signed}.${sign(null, Buffer.from(signed), this.#keys.privateKey).toString("base64url")}` };
  }
}
