import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import Provider from "oidc-provider";
import type { ProviderSettings } from "../src/openid-provider.ts";
import { PARTY } from "./stack.ts";

/** The page that a provider sends browsers back to. */
const REDIRECT_URI = `${PARTY.origin}/sign-in/provider`;
const REDIRECTS_MAX = 10;

/** Listens on a port of its own; answers its origin. */
export async function listenLocally(server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return `http://localhost:${(server.address() as AddressInfo).port}`;
}

export async function closeLocally(server: Server): Promise<void> {
  const closed = new Promise((resolve) => server.close(resolve));
  server.closeAllConnections();
  await closed;
}

/** `oidc-provider` on this host, at which whoever comes signs in as the account that the browser's header names, and consents. */
export class RealProvider {
  readonly settings: ProviderSettings;
  readonly #server: Server;

  private constructor(server: Server, issuer: string) {
    this.#server = server;
    this.settings = { issuer, clientId: "sallyport", clientSecret: "a secret of the tests alone" };
  }

  static async start(): Promise<RealProvider> {
    const server = createServer();
    const real = new RealProvider(server, await listenLocally(server));
    const { issuer, clientId, clientSecret } = real.settings;
    const provider = new Provider(issuer, {
      clients: [{ client_id: clientId, client_secret: clientSecret, redirect_uris: [REDIRECT_URI], response_types: ["code"], grant_types: ["authorization_code"] }],
      pkce: { required: () => true },
      features: { devInteractions: { enabled: false } },
      ttl: { Interaction: 60, Grant: 60, Session: 60, AccessToken: 60, IdToken: 60 },
      cookies: { keys: ["of the tests alone"] },
      findAccount: (_context: unknown, sub: string) => ({ accountId: sub, claims: () => ({ sub }) }),
      async loadExistingGrant({ oidc }: import("oidc-provider").ProviderContext) {
        const grant = new oidc.provider.Grant({ clientId: oidc.client.clientId, accountId: oidc.session.accountId });
        grant.addOIDCScope("openid");
        await grant.save();
        return grant;
      },
    });
    const answer = provider.callback();
    server.on("request", (request, response) => {
      const isInteraction = request.url?.startsWith("/interaction/") === true;
      void (isInteraction ? provider.interactionFinished(request, response, { login: { accountId: String(request.headers["x-account"]) } }) : answer(request, response));
    });
    return real;
  }

  /** Goes where a browser is sent, as this account, until it is sent back; answers the query that it comes back with. */
  async visit(url: string, account: string): Promise<string> {
    const jar = new Map<string, string>();
    let address = url;
    for (let step = 0; step < REDIRECTS_MAX; step += 1) {
      const cookie = [...jar].map(([name, value]) => `${name}=${value}`).join("; ");
      const answer = await fetch(address, { redirect: "manual", headers: { "x-account": account, cookie } });
      await answer.body?.cancel();
      for (const line of answer.headers.getSetCookie()) {
        const [pair = ""] = line.split(";");
        jar.set(pair.slice(0, pair.indexOf("=")), pair.slice(pair.indexOf("=") + 1));
      }
      const next = answer.headers.get("location");
      if (next === null) throw new Error(`the provider answered ${answer.status}`);
      const to = new URL(next, address);
      if (`${to.origin}${to.pathname}` === REDIRECT_URI) return to.search.slice(1);
      address = to.href;
    }
    throw new Error("the provider never sent the browser back");
  }

  close(): Promise<void> {
    return closeLocally(this.#server);
  }
}
