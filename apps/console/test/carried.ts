import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { IdentityFolder } from "@sallyport/pki";
import { ApiUpstream } from "../src/api-upstream.ts";
import { Carrier, type CarrierOptions } from "../src/bff/carrier.ts";
import { createListener } from "../src/listener.ts";
import { type FakeApi, identityFolder, startFakeApi, TRUST_DOMAIN } from "./fake-api.ts";
import type { FakePeople } from "./fake-people.ts";

/** A console without pages: the listener, the carrier, the hop and a fake api, each for real but the last. */
export interface Carried extends AsyncDisposable {
  readonly url: string;
  readonly api: FakeApi;
  /** Posts as a page of this console would; `cookie` and headers may be changed. */
  readonly post: (path: string, body: unknown, headers?: Readonly<Record<string, string>>) => Promise<Response>;
  /** Signs in by password; answers the cookie and the session's id. */
  readonly signIn: (name: string, password: string) => Promise<{ readonly cookie: string; readonly sessionId: string; readonly response: Response; readonly text: string }>;
}

export async function startCarried(people: FakePeople, options: Partial<CarrierOptions> = {}): Promise<Carried> {
  const api = await startFakeApi();
  api.answer = people.answer;
  const folder = identityFolder();
  const identity = new IdentityFolder(folder.path, { pollMs: 1000 });
  const upstream = new ApiUpstream({ url: api.url, trustDomain: TRUST_DOMAIN, identity });
  const carrier = new Carrier({ upstream, isTls: false, ...options });
  const server = createListener({
    tls: null,
    port: () => (server.address() as AddressInfo).port,
    pages: async (_request, response) => void response.end("page"),
    carry: (request, response) => carrier.handle(request, response),
    onError: () => undefined,
  });
  server.listen(0, "localhost");
  await once(server, "listening");
  const url = `http://localhost:${(server.address() as AddressInfo).port}`;
  const post: Carried["post"] = (path, body, headers = {}) =>
    fetch(url + path, {
      method: "POST",
      headers: { origin: url, "x-sallyport": "1", "content-type": "application/json", ...headers },
      body: typeof body === "string" || body instanceof Uint8Array ? (body as BodyInit) : JSON.stringify(body),
    });
  return {
    url,
    api,
    post,
    async signIn(username, password) {
      const response = await post("/api/session/sign-in/password", { username, password, totp: "123456" });
      const text = await response.text();
      const cookie = (response.headers.get("set-cookie") ?? "").split(";")[0] ?? "";
      return { cookie, sessionId: (JSON.parse(text) as { sessionId?: string }).sessionId ?? "", response, text };
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      identity.close();
      await upstream.close();
      await api[Symbol.asyncDispose]();
      folder[Symbol.dispose]();
    },
  };
}
