import { ed25519FromSeed } from "@sallyport/crypto";
import { describe, expect, test } from "vitest";
import { checkpointPair } from "./testing/memory-bundle.ts";
import { checkpointKeyName, checkpointOrigin, checkpointText, keyFingerprint, openNote, parseCheckpoint, parseVkey, signNote, vkeyOf } from "./index.ts";

// golang.org/x/mod/sumdb/note, package documentation: key, text and signature by another implementation.
const go = {
  name: "PeterNeumann",
  seed: Buffer.from("AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz", "base64").subarray(1),
  vkey: "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
  text: "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n",
  signature: "\u2014 PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n",
};
const goNote = `${go.text}\n${go.signature}`;
const invalid = expect.objectContaining({ code: "note.invalid" }) as Error;
const pair = checkpointPair("ours");
const signer = { name: "dabcdefghijkl.sallyport", privateKey: pair.privateKey };
const vkey = vkeyOf(signer.name, pair.raw);

test("keys and notes are byte for byte those of Go's note package", () => {
  const { privateKey, raw } = ed25519FromSeed(go.seed);
  expect(vkeyOf(go.name, raw)).toBe(go.vkey);
  expect(signNote(go.text, { name: go.name, privateKey })).toBe(goNote);
  expect(openNote(goNote, go.vkey)).toBe(go.text);
  expect(parseVkey(go.vkey)).toEqual({ name: go.name, keyId: "c74f20a3", raw });
});

test("a note with an empty line in its text opens whole", () => {
  const text = "one\n\ntwo\n";
  expect(openNote(signNote(text, signer), vkey)).toBe(text);
});

describe("a note that is refused", () => {
  const note = signNote("text\n", signer);
  const [, line] = note.split("\n\n") as [string, string];
  test.each([
    ["without a signature", "text\n\n"],
    ["of another key", goNote],
    ["with a control character", note.replace("text", "te\u0007xt")],
    ["with a carriage return", note.replace("text\n", "text\r\n")],
    ["with another dash", note.replace("\u2014", "-")],
    ["with a second spelling of the signature", note.replace(/=\n$/, "\n")],
    ["with a line behind", `${note}x\n`],
    ["cut off", note.slice(0, -1)],
    ["with a signature of ours that doesn't hold beside one that does", `${note}${line.replace(/.{8}=\n$/, "AAAAAAA=\n")}`],
    ["with too many signatures", `${note}${line.repeat(70)}`],
    ["with another text", note.replace("text", "test")],
  ])("is one %s", (_, refused) => {
    expect(() => openNote(refused, vkey)).toThrow(invalid);
  });

  test("is none for a stranger's signature beside ours", () => {
    expect(openNote(`${note}${go.signature}`, vkey)).toBe("text\n");
  });

  test("is never signed: no last newline, a control character, half a character, a name with a space", () => {
    for (const text of ["text", "te\txt\n", "\ud800\n", ""]) expect(() => signNote(text, signer)).toThrow(invalid);
    for (const name of ["a b", "a+b", ""]) expect(() => signNote("text\n", { ...signer, name })).toThrow(invalid);
  });
});

test.each([go.vkey.slice(0, -1), go.vkey.replace("c7", "c8"), go.vkey.replace("Peter", "peter"), go.vkey.replace("+AR", "+AQ"), "x", "a+b", "a++b"])("%s is no vkey", (text) => {
  expect(() => parseVkey(text)).toThrow(invalid);
});

test("a fingerprint is the SHA-256 of the raw key", () => {
  expect(keyFingerprint(Buffer.alloc(32))).toBe("sha256:66687aadf862bd776c8fc18b8e9f8e20089714856ee233b3902a591d0d5f2925");
});

describe("a checkpoint", () => {
  const origin = checkpointOrigin("dabcdefghijkl", "site:STUDY/701", 2);
  const checkpoint = { origin, size: 20852163, root: Buffer.from("CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=", "base64") };

  test("has C2SP's three lines", () => {
    expect(origin).toBe("dabcdefghijkl.sallyport/site:STUDY/701/2");
    expect(checkpointKeyName("dabcdefghijkl")).toBe("dabcdefghijkl.sallyport");
    expect(checkpointText(checkpoint)).toBe(`${origin}\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n`);
    expect(parseCheckpoint(checkpointText(checkpoint))).toEqual(checkpoint);
  });

  test.each([
    ["a leading zero", "a\n01\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n"],
    ["an unsafe size", "a\n9007199254740993\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n"],
    ["a short root", "a\n1\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxqw==\n"],
    ["an extension line", "a\n1\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\nx\n"],
    ["an empty origin", "\n1\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n"],
    ["no last newline", "a\n1\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I="],
  ])("with %s is refused", (_, text) => {
    expect(() => parseCheckpoint(text)).toThrow(invalid);
  });

  test("has no origin but of a deployment, chain and generation", () => {
    for (const [deployment, chain, generation] of [
      ["D", "system", 1],
      ["d", "site:x", 1],
      ["d", "system", 0],
    ] as const) {
      expect(() => checkpointOrigin(deployment, chain, generation)).toThrow(invalid);
    }
  });
});
