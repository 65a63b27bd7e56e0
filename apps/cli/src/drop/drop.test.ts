import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import ssh2 from "ssh2";
import { afterEach, beforeEach, expect, test } from "vitest";
import { CommandLine } from "../../test-support/command-line.ts";
import { filesOf, isDeliveryName } from "./delivery.ts";
import { type Entry, isPinned } from "@sallyport/outbound/sftp";
import type { DropServer } from "./drop-server.ts";
import { documentsIn } from "./sidecar.ts";

let terminal: CommandLine;
beforeEach(() => {
  terminal = new CommandLine();
  const { private: key } = ssh2.utils.generateKeyPairSync("ed25519");
  writeFileSync(join(terminal.folder, "key"), key, { mode: 0o600 });
});
afterEach(async () => await terminal.close());

const GOOD = { server: "127.0.0.1:1", user: "site", folder: "/drop", key: "key", "host-key": `SHA256:${"A".repeat(43)}`, study: "S1" };
const lineOf = (options: Readonly<Record<string, string>>): readonly string[] => [
  "--as",
  "engineer",
  "drop",
  "--once",
  ...Object.entries(options).flatMap(([name, value]) => [`--${name}`, value]),
];

test("nothing is asked of a server without its name, user, folder, key, pinned host key and study, each in its form", async () => {
  for (const name of Object.keys(GOOD)) {
    const { [name]: _, ...rest } = GOOD as Readonly<Record<string, string>>;
    expect([name, (await terminal.type(lineOf(rest))).exit]).toEqual([name, 2]);
  }
  for (const [name, values] of Object.entries({
    server: ["", "a b", "host:0", "host:65536", "sftp://host", "-o=x"],
    folder: ["/", ""],
    "host-key": ["MD5:00", "SHA256:short", `SHA256:${"A".repeat(42)}=`, `${"A".repeat(43)}`],
    study: ["", "../S1", "S 1"],
    every: ["0", "4", "1.5", "x", "86401"],
    key: ["absent"],
  }))
    for (const value of values) expect([name, value, (await terminal.type(lineOf({ ...GOOD, [name]: value }))).exit]).toEqual([name, value, 2]);
  // Everything in its form: the server isn't there.
  const ended = await terminal.type(lineOf(GOOD));
  expect([ended.exit, ended.err]).toEqual([4, expect.stringContaining("[sftp.unreachable]") as string]);
});

test("a key file that is none, or that has a passphrase, is refused by its name", async () => {
  const locked = ssh2.utils.generateKeyPairSync("ed25519", { passphrase: "a passphrase of its own", cipher: "aes256-cbc" }).private;
  for (const [name, text] of Object.entries({ none: "no key", locked })) {
    writeFileSync(join(terminal.folder, name), text, { mode: 0o600 });
    const { exit, err } = await terminal.type(lineOf({ ...GOOD, key: name }));
    expect([name, exit, err.includes("[secret.missing]")]).toEqual([name, 2, true]);
  }
  mkdirSync(join(terminal.folder, "folder"));
  expect((await terminal.type(lineOf({ ...GOOD, key: "folder" }))).exit).toBe(2);
});

test("a delivery has a plain name that stands for nothing else", () => {
  for (const name of ["a", "2026-11-22", "site_701.v2", "A".repeat(64)]) expect([name, isDeliveryName(name)]).toEqual([name, true]);
  for (const name of [
    "",
    ".",
    "..",
    "..x",
    ".hidden",
    "-rf",
    "a b",
    "a/b",
    "a\\b",
    "a\nb",
    "a\u0000",
    "é",
    "A".repeat(65),
    "accepted",
    "refused",
    "x.ready",
    "x.part",
    "x.receipt.json",
    "x.refusal.json",
  ])
    expect([name, isDeliveryName(name)]).toEqual([name, false]);
});

test("files that are too long together, or whose names no file may have, are refused by their number", async () => {
  const file = (name: string, bytes = 1): Entry => ({ name, kind: "file", bytes, changedS: 0 });
  const of = async (entries: readonly Entry[]): Promise<unknown> =>
    await filesOf({ list: () => Promise.resolve(entries) } as unknown as DropServer, "/drop/x").then(
      ({ files }) => files.map(({ name }) => name),
      (error: { readonly context: { readonly where: unknown } }) => error.context.where,
    );
  expect(await of([file("b"), file("a"), file("Ärger 1")])).toEqual(["a", "b", "Ärger 1"]);
  expect(await of([file("a", 2 ** 31), file("b")])).toEqual(["the delivery: longer than a packet may be"]);
  const fault = "file 1: its name is not UTF-8, too long, or has a character that no name may have";
  for (const name of ["a/b", "a\\b", "a\u0000", "\ufffd", "\u2066a", "n".repeat(256), "\ud800"]) expect([name, await of([file(name)])]).toEqual([name, [fault]]);
});

test("what a site says of its files makes them documents of their type and place, and nothing else is taken from it", () => {
  const of = (value: unknown): unknown => {
    try {
      return [...documentsIn(typeof value === "string" ? value : JSON.stringify(value), ["a.pdf", "b.xml"])];
    } catch (error) {
      return (error as { readonly context: { readonly where: unknown } }).context.where;
    }
  };
  const entry = { file: "a.pdf", type: "irb_correspondence" };
  const replaces = `doc_${"0".repeat(26)}`;
  expect(of({ v: 1, documents: [] })).toEqual([]);
  expect(of({ v: 1, documents: [entry, { file: "b.xml", type: "ectd_sequence", site: "701", replaces }] })).toEqual([
    ["a.pdf", { type: "irb_correspondence", site: null }],
    ["b.xml", { type: "ectd_sequence", site: "701", replaces }],
  ]);
  for (const whole of ["", "{", "[]", "null", { v: 2, documents: [] }, { v: 1 }, { v: 1, documents: {} }, { v: 1, documents: [], study: "S" }])
    expect([whole, of(whole)]).toEqual([whole, [expect.stringMatching(/^delivery\.json: not /)]]);
  for (const [wrong, fault] of [
    [{ ...entry, file: "c.pdf" }, "names no file of the delivery"],
    [{ ...entry, file: "../a.pdf" }, "names no file of the delivery"],
    [{ ...entry, file: "__proto__" }, "names no file of the delivery"],
    [{ ...entry, type: "dataset" }, "has a type that isn't taken"],
    [{ ...entry, site: "7/1" }, "has a site that is none"],
    [{ ...entry, site: 701 }, "has a site that is none"],
    [{ ...entry, replaces: "doc_1" }, "replaces what is no document's id"],
    [{ ...entry, study: "S" }, "has other members than file, replaces, site, type"],
    [null, "has other members than file, replaces, site, type"],
  ] as const)
    expect(of({ v: 1, documents: [wrong] })).toEqual([`delivery.json, document 1: ${fault}`]);
  expect(of({ v: 1, documents: [entry, entry] })).toEqual(["delivery.json, document 2: names a file once more"]);
});

test("a host key is the pinned one by all of its digest", () => {
  const key = Buffer.from("a host key");
  expect(isPinned(key, "SHA256:rZ2q2s0yYQ7lHcYHc0J2wVN0r5xw0QZ0lXlJx1Yx0jA")).toBe(false);
  expect(isPinned(key, `SHA256:${"A".repeat(43)}`)).toBe(false);
  expect(isPinned(key, "SHA256:")).toBe(false);
});
