import { once } from "node:events";
import { createServer, type Server } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { connect as connectTls } from "node:tls";
import { faultTest } from "@sallyport/testkit";
import { describe, expect, test } from "vitest";
import { issue, TRUST_DOMAIN } from "../test/fake-api.ts";
import { createListener, type OwnFile, type PageHandler } from "./listener.ts";
import { pdfFiles } from "./pdf/pdf-files.ts";

/** Stands for a Next with every hole: it answers 200 to anything, and tells which headers it believed. */
const credulous: PageHandler = async (request, response) => {
  response.setHeader("cache-control", "s-maxage=31536000");
  response.setHeader("x-believed", request.headers["x-middleware-subrequest"] ?? "");
  response.setHeader("x-cookie", request.headers.cookie ?? "");
  response.end("page");
};

async function answerTo(defence: "on" | "off", raw: string): Promise<string> {
  const server: Server =
    defence === "on"
      ? createListener({ tls: null, port: () => 7400, pages: credulous, onError: () => undefined })
      : createServer((request, response) => void credulous(request, response));
  if (defence === "off") server.on("upgrade", (_request, socket) => socket.end("HTTP/1.1 101 Switching Protocols\r\n\r\n"));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const socket = connect((server.address() as AddressInfo).port, "127.0.0.1");
  let text = "";
  socket.on("data", (chunk) => (text += chunk.toString("latin1")));
  socket.end(raw.replaceAll("\n", "\r\n"));
  await once(socket, "close");
  server.closeAllConnections();
  server.close();
  return text;
}

const statusOf = async (defence: "on" | "off", raw: string) => Number((await answerTo(defence, raw)).slice(9, 12));
const get = (target: string, more = "") => `GET ${target} HTTP/1.1\nhost: localhost\nconnection: close\n${more}\n`;

describe("what does not reach Next", () => {
  faultTest("P10", "a header by which Next would believe itself does not arrive", async (defence) => {
    expect(await answerTo(defence, get("/", "x-middleware-subrequest: src/proxy:src/proxy\n"))).toMatch(/x-believed: \r\n/i);
  });

  faultTest("P17", "what makes pages never learns whose session it is, only which colours", async (defence) => {
    const cookies = `cookie: __Host-sallyport=${"s".repeat(43)}; sallyport-theme=dark\n`;
    expect(await answerTo(defence, get("/me", cookies))).toMatch(/x-cookie: sallyport-theme=dark\r\n/i);
  });

  for (const [what, raw, status] of [
    ["the image optimiser", get("/_next/image?url=%2Fa.png&w=64&q=75"), 404],
    ["a WebSocket upgrade", "GET / HTTP/1.1\nhost: localhost\nconnection: upgrade\nupgrade: websocket\n\n", 400],
    ["an absolute-form target", get("http://169.254.169.254/latest/"), 400],
    ["another host", get("/").replace("localhost", "evil.example"), 308],
  ] as const) {
    faultTest("P11", `${what} ends before Next`, async (defence) => {
      expect(await statusOf(defence, raw)).toBe(status);
    });
  }

  const flight =
    'POST / HTTP/1.1\nhost: localhost\nconnection: close\nnext-action: 7f0000\ncontent-type: multipart/form-data; boundary=x\ncontent-length: 62\n\n--x\nContent-Disposition: form-data; name="0"\n\n"$1:a:a"\n--x--';
  faultTest("P12", "a server action's body is answered with 405", async (defence) => {
    expect(await statusOf(defence, flight)).toBe(405);
  });
});

describe("a file that is handed out as it is", () => {
  const files = new Map<string, OwnFile>([["/verifier/worker.js", { type: "text/javascript; charset=utf-8", body: Buffer.from("// a verifier") }], ...pdfFiles()]);

  async function answered(target: string, method = "GET", headers: Record<string, string> = {}) {
    const server = createListener({ tls: null, port: () => 7400, pages: credulous, files, onError: () => undefined });
    server.listen(0, "localhost");
    await once(server, "listening");
    try {
      const answer = await fetch(`http://localhost:${(server.address() as AddressInfo).port}${target}`, { method, headers });
      return {
        status: answer.status,
        policy: answer.headers.get("content-security-policy"),
        encoding: answer.headers.get("content-encoding"),
        length: Number(answer.headers.get("content-length")),
        text: await answer.text(),
      };
    } finally {
      server.closeAllConnections();
      server.close();
    }
  }

  test("comes under a policy by which it can fetch nothing, and nothing beside it comes", async () => {
    expect(await answered("/verifier/worker.js")).toMatchObject({ status: 200, policy: expect.stringMatching(/^default-src 'none'/), text: "// a verifier" });
    expect((await answered("/verifier/worker.js", "HEAD")).text).toBe("");
    expect((await answered("/verifier/../verifier/other.js")).text).toBe("page");
    expect((await answered("/verifier/worker.js?x=1")).text).toBe("page");
    expect((await answered("/verifier/worker.js", "POST")).status).toBe(405);
  });

  test("is the PDF reader's worker, which may import this console's scripts and nothing else, compressed for who takes it so", async () => {
    const plain = await answered("/pdf/worker.mjs", "GET", { "accept-encoding": "identity" });
    const packed = await answered("/pdf/worker.mjs", "GET", { "accept-encoding": "br, gzip" });
    expect([plain.encoding, packed.encoding, packed.text === plain.text, packed.length < plain.length / 2]).toEqual([null, "gzip", true, true]);
    expect(packed.policy).toBe("default-src 'none'; script-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'");
    for (const other of ["/pdf/decoders/openjpeg_nowasm_fallback.js", "/pdf/cmaps/UniJIS-UTF16-H.bcmap", "/pdf/fonts/FoxitSymbol.pfb"])
      expect(await answered(other)).toMatchObject({ status: 200, policy: expect.stringMatching(/^default-src 'none'; frame-ancestors/) });
    expect((await answered("/pdf/cmaps/../worker.mjs.map")).text).toBe("page");
  });
});

describe("what every answer carries", () => {
  test("no answer may be kept, except a file with a digest in its name", async () => {
    expect(await answerTo("on", get("/"))).toMatch(/cache-control: private, no-store\r\n/i);
    expect(await answerTo("on", get("/nope"))).toMatch(/cache-control: private, no-store\r\n/i);
    expect(await answerTo("on", get("/_next/static/chunks/0a.js"))).toMatch(/cache-control: public, max-age=31536000, immutable\r\n/i);
  });

  test("no answer may be framed, sniffed or run", async () => {
    for (const raw of [get("/"), get("/_next/image"), get("/").replace("GET", "POST")]) {
      const text = (await answerTo("on", raw)).toLowerCase();
      for (const header of ["x-frame-options: deny", "x-content-type-options: nosniff", "referrer-policy: no-referrer", "content-security-policy: default-src 'none'"])
        expect(text).toContain(header);
    }
  });

  test("a post goes to the carrier, never to the pages, and to another host not at all", async () => {
    const post = (target: string) => get(target).replace("GET", "POST");
    expect(await statusOf("on", post("/api/call/people.list"))).toBe(404);
    expect(await statusOf("on", post("/api/call/people.list").replace("localhost", "evil.example"))).toBe(421);
    expect(await statusOf("on", get("/api/call/people.list"))).toBe(405);
    expect(await statusOf("on", post("/me"))).toBe(405);
  });

  test("/healthz answers by whatever host, and to no other method", async () => {
    expect(await answerTo("on", get("/healthz").replace("localhost", "127.0.0.1"))).toContain('{"status":"ok"}');
    expect(await statusOf("on", get("/healthz").replace("GET", "POST"))).toBe(405);
  });

  test("a page that throws is a 500 that says nothing", async () => {
    const errors: unknown[] = [];
    const server = createListener({ tls: null, port: () => 1, pages: () => Promise.reject(new RangeError("secret")), onError: (error) => errors.push(error) });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const response = await fetch(`http://localhost:${(server.address() as AddressInfo).port}/`);
    expect([response.status, await response.text(), errors.length]).toEqual([500, "", 1]);
    server.closeAllConnections();
    server.close();
  });
});

describe("beyond loopback", () => {
  test("it speaks TLS 1.3 alone, answers for the names of its certificate, and sends nobody elsewhere", async () => {
    const { certPem, keyPem } = issue(`spiffe://${TRUST_DOMAIN}/zone/edge/console`, ["console.example"]);
    const server = createListener({ tls: { certPem, keyPem }, port: () => 443, pages: credulous, onError: () => undefined });
    server.on("tlsClientError", () => undefined);
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const ask = (host: string, options: object = {}) =>
      new Promise<string>((resolve) => {
        let text = "";
        const socket = connectTls({ host: "127.0.0.1", port: (server.address() as AddressInfo).port, rejectUnauthorized: false, ...options }, () =>
          socket.end(`GET / HTTP/1.1\r\nhost: ${host}\r\nconnection: close\r\n\r\n`),
        );
        socket.on("data", (chunk) => (text += chunk.toString()));
        socket.on("error", () => undefined);
        socket.on("close", () => resolve(text));
      });
    expect(await ask("console.example")).toMatch(/^HTTP\/1\.1 200[^]*strict-transport-security/i);
    expect(await ask("localhost")).toMatch(/^HTTP\/1\.1 421/);
    expect(await ask("console.example", { maxVersion: "TLSv1.2" })).toBe("");
    server.closeAllConnections();
    server.close();
  });
});
