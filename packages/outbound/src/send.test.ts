import { createServer, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import { isOutboundUrl, send } from "./index.ts";

let server: Server;
let url: URL;
let answer: (response: ServerResponse) => void;
let hits = 0;

beforeAll(async () => {
  server = createServer((request, response) => {
    hits += 1;
    request.resume().once("end", () => answer(response));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  url = new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/add`);
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

const ask = () => send({ url, body: Buffer.from("x"), headers: { "content-type": "text/plain" }, deadlineMs: 300, answerMax: 1000 });
const unavailable = { code: "service.unavailable" };

test("an answer comes whole, whatever its status", async () => {
  answer = (response) => response.writeHead(409, { "content-type": "text/x.tlog.size; charset=utf-8" }).end("17\n");
  expect(await ask()).toEqual({ status: 409, type: "text/x.tlog.size", body: Buffer.from("17\n") });
});

test("an answer that leads elsewhere isn't followed", async () => {
  hits = 0;
  answer = (response) => response.writeHead(302, { location: url.href }).end();
  expect((await ask()).status).toBe(302);
  expect(hits).toBe(1);
});

test("an answer that is too long, never ends or breaks off is none", async () => {
  answer = (response) => response.writeHead(200).end(Buffer.alloc(1001));
  await expect(ask()).rejects.toMatchObject(unavailable);
  answer = (response) => void response.writeHead(200).write("x");
  await expect(ask()).rejects.toMatchObject(unavailable);
  answer = (response) => response.destroy();
  await expect(ask()).rejects.toMatchObject(unavailable);
  answer = (response) => {
    response.writeHead(200, { "content-length": "5" }).write("x");
    setTimeout(() => response.destroy(), 20);
  };
  await expect(ask()).rejects.toMatchObject(unavailable);
});

test("others are called over TLS, and with nothing in the address that should be kept", () => {
  for (const good of ["https://witness.example/w1", "http://localhost:8080/", "http://127.0.0.1:1/"]) expect(isOutboundUrl(good)).toBe(true);
  for (const bad of ["http://witness.example/", "ftp://localhost/", "https://me:secret@witness.example/", "https://witness.example/#x", "witness.example", ""])
    expect(isOutboundUrl(bad)).toBe(false);
});
