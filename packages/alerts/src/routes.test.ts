import { createHmac, timingSafeEqual } from "node:crypto";
import { readFileSync } from "node:fs";
import { createServer, type IncomingHttpHeaders, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { Authority, createAuthority, createRequest } from "@sallyport/pki";
import { SMTPServer, type SMTPServerOptions } from "smtp-server";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { type Alert, type AlertPlan, personalMailOf, routesOf } from "./index.ts";

const alert: Alert = {
  id: "alr_01hzzzzzzzzzzzzzzzzzzzzzzz",
  kind: "incident.opened",
  atMs: Date.parse("2026-03-01T12:00:00.000Z"),
  deployment: "dabc",
  chain: "site:STUDY/701",
  about: "incident/inc_01hzzzzzzzzzzzzzzzzzzzzzzz",
  facts: { generation: 1, from: 2, to: 9, kind: "altered" },
  link: "http://localhost:3000/incidents?incident=inc_01hzzzzzzzzzzzzzzzzzzzzzzz",
};
const secretOf = (byte: number): string => `whsec_${Buffer.from(Array.from({ length: 32 }, (_, at) => (byte + at * 7) % 256)).toString("base64")}`;
const [FIRST, SECOND, OTHER] = [secretOf(1), secretOf(2), secretOf(3)] as const;
const planOf = (over: Partial<AlertPlan>): AlertPlan => ({ webhooks: [], mail: [], ...over });

/** A receiver as the page for receivers (docs/runbooks/alerts.md) says that it is written: by nothing of ours. */
function verify(secret: string, headers: IncomingHttpHeaders, body: string, nowMs: number): boolean {
  const [id, timestamp, signatures] = ["webhook-id", "webhook-timestamp", "webhook-signature"].map((name) => String(headers[name]));
  if (Math.abs(nowMs / 1000 - Number(timestamp)) > 300) return false;
  const expected = createHmac("sha256", Buffer.from(secret.slice("whsec_".length), "base64"))
    .update(`${id}.${timestamp}.${body}`)
    .digest();
  return String(signatures)
    .split(" ")
    .map((each) => each.split(","))
    .some(([version, signature = ""]) => version === "v1" && signature.length === 44 && timingSafeEqual(Buffer.from(signature, "base64"), expected));
}

describe("a signed webhook", () => {
  let server: Server;
  let url: string;
  let status = 204;
  const got: { headers: IncomingHttpHeaders; body: string }[] = [];
  beforeAll(async () => {
    server = createServer((request, response) => {
      let body = "";
      request.setEncoding("utf8").on("data", (chunk: string) => (body += chunk));
      request.once("end", () => {
        got.push({ headers: request.headers, body });
        response.writeHead(status, { location: url }).end();
      });
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`;
  });
  afterAll(() => void server.close());
  afterEach(() => void (status = 204));

  const deliver = async (secrets: readonly string[], nowMs = Date.now()) => {
    const [route] = routesOf(planOf({ webhooks: [{ name: "soc", url, secrets: [...secrets] }] }));
    await route?.deliver(alert, nowMs);
    return got.at(-1) as (typeof got)[number];
  };

  test("is verified by who has the secret, and by nobody else", async () => {
    const { headers, body } = await deliver([FIRST]);
    expect(verify(FIRST, headers, body, Date.now())).toBe(true);
    expect(verify(OTHER, headers, body, Date.now())).toBe(false);
    expect(verify(FIRST, headers, body.replace("altered", "whole"), Date.now())).toBe(false);
    expect(verify(FIRST, { ...headers, "webhook-id": "alr_another" }, body, Date.now())).toBe(false);
    expect(verify(FIRST, headers, body, Date.now() + 400_000)).toBe(false);
    expect(JSON.parse(body)).toEqual({
      type: "incident.opened",
      timestamp: "2026-03-01T12:00:00.000Z",
      data: { alert: alert.id, deployment: "dabc", chain: "site:STUDY/701", about: alert.about, facts: alert.facts, link: alert.link },
    });
  });

  test("is verified by the code that the runbook gives to receivers", async () => {
    const runbook = readFileSync(new URL("../../../docs/runbooks/alerts.md", import.meta.url), "utf8");
    const [, code = ""] = /```js\n([\s\S]*?)```/.exec(runbook) ?? [];
    const { isOurs } = (await import(`data:text/javascript,${encodeURIComponent(code)}`)) as { isOurs: (secret: string, headers: IncomingHttpHeaders, body: string) => boolean };
    const { headers, body } = await deliver([SECOND, FIRST]);
    expect([isOurs(FIRST, headers, body), isOurs(SECOND, headers, body), isOurs(OTHER, headers, body), isOurs(FIRST, headers, `${body} `)]).toEqual([true, true, false, false]);
    expect(isOurs(FIRST, { ...headers, "webhook-timestamp": "1" }, body)).toBe(false);
    expect(isOurs(FIRST, {}, body)).toBe(false);
  });

  test("has the specification's own example signature", async () => {
    // Standard Webhooks 1.0, the example of its libraries' test: id, time, body and secret as given there.
    const { webhookHeaders, webhookKey } = await import("./webhook-signature.ts");
    const headers = webhookHeaders("msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330_000, '{"test": 2432232314}', [webhookKey("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "x")]);
    expect(headers["webhook-signature"]).toBe("v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
  });

  test("is signed by each secret while one is changed for another, and has the same id at each try", async () => {
    const one = await deliver([SECOND, FIRST]);
    const two = await deliver([SECOND, FIRST], Date.now() + 60_000);
    for (const secret of [FIRST, SECOND]) expect(verify(secret, one.headers, one.body, Date.now())).toBe(true);
    expect(two.headers["webhook-id"]).toBe(one.headers["webhook-id"]);
    expect(two.headers["webhook-timestamp"]).not.toBe(one.headers["webhook-timestamp"]);
  });

  test("is delivered by an answer of 2xx alone: one that leads elsewhere isn't followed, and 410 is the last", async () => {
    for (const code of [302, 400, 429, 500]) {
      status = code;
      const before = got.length;
      await expect(deliver([FIRST])).rejects.toMatchObject({ code: "alert.refused", context: { status: code, gone: false } });
      expect(got.length).toBe(before + 1);
    }
    status = 410;
    await expect(deliver([FIRST])).rejects.toMatchObject({ code: "alert.refused", context: { gone: true } });
    const [absent] = routesOf(planOf({ webhooks: [{ name: "soc", url: "http://127.0.0.1:9/", secrets: [FIRST] }] }));
    await expect(absent?.deliver(alert, Date.now())).rejects.toMatchObject({ code: "service.unavailable" });
  });
});

describe("mail", () => {
  interface Taken {
    readonly from: string;
    readonly to: readonly string[];
    readonly text: string;
    readonly isSecure: boolean;
  }
  const taken: Taken[] = [];
  const servers: SMTPServer[] = [];
  const authority = createAuthority({ trustDomain: "d0000000000000000.sallyport", now: Date.now, years: 1 });
  const ca = authority.certPem;
  let certificate: { readonly key: string; readonly cert: string };
  beforeAll(() => {
    const { csrPem, keyPem } = createRequest();
    const { certPem } = new Authority(authority, Date.now).issue({ csrPem, spiffe: "spiffe://d0000000000000000.sallyport/mail", dns: ["localhost"] });
    certificate = { key: keyPem, cert: certPem };
  });
  afterAll(() => {
    for (const server of servers) server.close();
  });

  async function serve(options: SMTPServerOptions): Promise<number> {
    const server = new SMTPServer({
      logger: false,
      onAuth: ({ username, password }, _session, done) => (username === "alerts" && password === "the right one" ? done(null, { user: username }) : done(new Error("no"))),
      onRcptTo: ({ address }, _session, done) => (address.startsWith("nobody@") ? done(new Error("no such mailbox")) : done()),
      onData: (stream, { envelope, secure }, done) => {
        let text = "";
        stream.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
        stream.once("end", () => {
          const from = envelope.mailFrom === false ? "" : envelope.mailFrom.address;
          taken.push({ from, to: envelope.rcptTo.map(({ address }) => address), text, isSecure: secure });
          done();
        });
      },
      ...options,
    });
    servers.push(server);
    await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
    return (server.server.address() as AddressInfo).port;
  }
  const to = ["security@sponsor.example", "duty@sponsor.example"];
  const deliver = async (over: Partial<AlertPlan["mail"][number]>): Promise<Taken> => {
    const settings = { name: "mail", host: "localhost", port: 0, tls: "starttls", from: "sallyport@site.example", to, ca, people: false, ...over } as const;
    const [route] = routesOf(planOf({ mail: [{ ...settings, to: [...settings.to] }] }));
    await route?.deliver(alert, Date.now());
    return taken.at(-1) as Taken;
  };
  const login = { user: "alerts", password: "the right one" };

  test("goes over TLS, from the first byte or from STARTTLS on, with what the message says and no more", async () => {
    for (const [tls, secure] of [
      ["starttls", false],
      ["implicit", true],
    ] as const) {
      const port = await serve({ ...certificate, secure });
      const { text, isSecure, ...envelope } = await deliver({ port, tls, ...login });
      expect({ isSecure, ...envelope }).toEqual({ isSecure: true, from: "sallyport@site.example", to });
      expect(text).toContain("Subject: Sallyport dabc: incident.opened");
      expect(text).toContain(`Message-ID: <${alert.id}.mail@dabc.sallyport>`);
      expect(text).toContain("Chain: site:STUDY/701");
    }
  });

  test("goes to a person at their own address, and to nobody else, with what to do if it wasn't them", async () => {
    const port = await serve({ ...certificate });
    const server = { name: "mail", host: "localhost", port, tls: "starttls" as const, from: "sallyport@site.example", to: [...to], ca, people: true, ...login };
    const signed: Alert = { ...alert, kind: "signature.made", about: "signature/sig_01hzzzzzzzzzzzzzzzzzzzzzzz", facts: { act: "approval", method: "passkey" } };
    await personalMailOf(planOf({ mail: [server] }))?.deliver(signed, { route: "per.01hzzzzzzzzzzzzzzzzzzzzzzz", address: "signer@site.example" });
    const { to: reached, text } = taken.at(-1) as Taken;
    expect(reached).toEqual(["signer@site.example"]);
    expect(text.replaceAll("\r\n ", " ")).toContain(`Message-ID: <${alert.id}.per.01hzzzzzzzzzzzzzzzzzzzzzzz@dabc.sallyport>`);
    expect(text.replaceAll(/=\r\n/g, "")).toContain("by telephone or in person");
    expect(personalMailOf(planOf({ mail: [{ ...server, people: false }] }))).toBeNull();
  });

  test("isn't sent without TLS where TLS is asked for, nor to a server with another certificate, nor without the right password", async () => {
    const before = taken.length;
    const plain = await serve({ disabledCommands: ["STARTTLS"], authOptional: true });
    await expect(deliver({ port: plain })).rejects.toMatchObject({ code: expect.stringMatching(/^(?:alert\.refused|service\.unavailable)$/) as string });
    const other = await serve(certificate);
    await expect(deliver({ port: other, ...login, ca: createAuthority({ trustDomain: "d1.sallyport", now: Date.now, years: 1 }).certPem })).rejects.toMatchObject({
      code: "service.unavailable",
    });
    await expect(deliver({ port: other, ...login, password: "a wrong one" })).rejects.toMatchObject({ code: "alert.refused" });
    expect(taken.length).toBe(before);
  });

  test("that one of its readers wasn't taken for is not delivered; on this machine it may go plainly", async () => {
    const port = await serve({ disabledCommands: ["STARTTLS", "AUTH"], authOptional: true });
    expect(await deliver({ port, tls: "none" })).toMatchObject({ isSecure: false, to });
    await expect(deliver({ port, tls: "none", to: ["duty@sponsor.example", "nobody@sponsor.example"] })).rejects.toMatchObject({ code: "alert.refused", context: { refused: 1 } });
  });
});
