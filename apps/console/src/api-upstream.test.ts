import { setTimeout as sleep } from "node:timers/promises";
import { IdentityFolder, writeIdentity } from "@sallyport/pki";
import { processId } from "@sallyport/zones";
import { describe, expect, test } from "vitest";
import { type FakeApi, FINGERPRINT, healthy, identityFolder, issue, startFakeApi, TRUST_DOMAIN } from "../test/fake-api.ts";
import { ApiUpstream } from "./api-upstream.ts";

async function withUpstream(api: FakeApi, act: (upstream: ApiUpstream, renew: () => void, path: string) => Promise<void>): Promise<void> {
  using folder = identityFolder();
  const identity = new IdentityFolder(folder.path, { pollMs: 20 });
  const upstream = new ApiUpstream({ url: api.url, trustDomain: TRUST_DOMAIN, identity });
  try {
    await act(upstream, folder.renew, folder.path);
  } finally {
    identity.close();
    await upstream.close();
  }
}

describe("the console's hop to the api", () => {
  test("asks over connections that it keeps", async () => {
    await using api = await startFakeApi();
    await withUpstream(api, async (upstream) => {
      expect(await upstream.health()).toMatchObject({ state: "open", source: "health", about: { fingerprint: FINGERPRINT } });
      for (let turn = 0; turn < 20; turn++) await upstream.health();
      expect(api.handshakes).toBeLessThanOrEqual(2);
    });
  });

  test("goes over to a renewed certificate without losing a request", async () => {
    await using api = await startFakeApi();
    await withUpstream(api, async (upstream, renew) => {
      await upstream.health();
      renew();
      const states: string[] = [];
      for (let turn = 0; turn < 20; turn++) {
        states.push((await upstream.health()).state);
        await sleep(10);
      }
      expect(new Set(states)).toEqual(new Set(["open"]));
      expect(api.serials.size).toBe(2);
    });
  });

  test("survives the end of a kept connection", async () => {
    await using api = await startFakeApi();
    await withUpstream(api, async (upstream) => {
      await upstream.health();
      api.server.closeAllConnections();
      expect((await upstream.health()).state).toBe("open");
    });
  });

  test("trusts nobody but the api, whoever of ours it is", async () => {
    await using api = await startFakeApi(issue(processId(TRUST_DOMAIN, "custodian")));
    let asked = 0;
    api.answer = (_request, response) => {
      asked += 1;
      response.end(JSON.stringify(healthy));
    };
    await withUpstream(api, async (upstream) => {
      expect(await upstream.health()).toMatchObject({ state: "closed", source: "untrusted" });
      expect(asked).toBe(0);
    });
  });

  test("says that it was refused when its certificate is not taken, or HTTP says so", async () => {
    await using api = await startFakeApi();
    await withUpstream(api, async (upstream) => {
      api.answer = (_request, response) => response.writeHead(403).end("{}");
      expect(await upstream.health()).toMatchObject({ state: "closed", source: "refused" });
    });
    await withUpstream(api, async (upstream, _renew, path) => {
      const { caPem } = issue(processId(TRUST_DOMAIN, "console"));
      const { Authority, createAuthority, createRequest } = await import("@sallyport/pki");
      const other = createAuthority({ trustDomain: TRUST_DOMAIN, now: Date.now, years: 1 });
      const request = createRequest();
      writeIdentity(path, {
        keyPem: request.keyPem,
        certPem: new Authority(other).issue({ csrPem: request.csrPem, spiffe: processId(TRUST_DOMAIN, "console"), dns: [] }).certPem,
        caPem,
      });
      await sleep(100);
      expect(await upstream.health()).toMatchObject({ state: "closed", source: "refused" });
    });
  });

  test("gives up after two seconds, and at once when nobody listens", async () => {
    const api = await startFakeApi();
    await withUpstream(api, async (upstream) => {
      api.answer = () => undefined;
      const began = performance.now();
      expect(await upstream.health()).toMatchObject({ state: "closed", source: "unreachable" });
      expect(performance.now() - began).toBeLessThan(3000);
      await api[Symbol.asyncDispose]();
      expect(await upstream.health()).toMatchObject({ state: "closed", source: "unreachable" });
    });
  });

  test("reads no more than a small answer", async () => {
    await using api = await startFakeApi();
    await withUpstream(api, async (upstream) => {
      api.answer = (_request, response) => response.end(JSON.stringify({ ...healthy, version: "x".repeat(20_000) }));
      expect(await upstream.health()).toMatchObject({ state: "degraded", source: "unreadable" });
    });
  });
});
