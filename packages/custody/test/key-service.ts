import { createServer } from "node:https";
import type { IncomingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";
import { Authority, createAuthority, createRequest } from "@sallyport/pki";

export interface Asked {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}
export interface Told {
  readonly status: number;
  readonly body: string;
}

/** How a key service behaves: as documented, or as it shouldn't. */
export type Mood = "well" | "away" | "slow" | "garbage" | "huge" | "elsewhere" | "failing";

export interface KeyService {
  readonly address: string;
  readonly ca: string;
  readonly asked: Asked[];
  mood: Mood;
  close(): void;
}

/** A server over TLS on `localhost` that answers by `answer` while it is well. */
export async function keyService(answer: (asked: Asked) => Told): Promise<KeyService> {
  const material = createAuthority({ trustDomain: "keys.test", now: Date.now, years: 1 });
  const { csrPem, keyPem } = createRequest();
  const { certPem } = new Authority(material).issue({ csrPem, spiffe: "spiffe://keys.test/service", dns: ["localhost"] });
  const asked: Asked[] = [];
  const server = createServer({ key: keyPem, cert: certPem }, (request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.once("end", () => {
      const one = { method: request.method ?? "", path: request.url ?? "", headers: request.headers, body: Buffer.concat(chunks).toString("utf8") };
      asked.push(one);
      const say = ({ status, body }: Told, headers: Readonly<Record<string, string>> = {}): unknown =>
        response.writeHead(status, { "content-type": "application/json", ...headers }).end(body);
      switch (service.mood) {
        case "well":
          return say(answer(one));
        case "away":
          return response.destroy();
        case "slow":
          return;
        case "garbage":
          return say({ status: 200, body: "<html>welcome</html>" });
        case "huge":
          return say({ status: 200, body: `"${"x".repeat(1_000_000)}"` });
        case "elsewhere":
          return say({ status: 307, body: "" }, { location: `https://localhost:${(server.address() as AddressInfo).port}/other` });
        case "failing":
          return say({ status: 503, body: '{"errors":["Vault is sealed"]}' });
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const service: KeyService = {
    address: `https://localhost:${(server.address() as AddressInfo).port}`,
    ca: material.certPem,
    asked,
    mood: "well",
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
  return service;
}
