import { createHash } from "node:crypto";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** What somebody without keys does to a generation's lines, and what has to be found of it. */
export interface Change {
  readonly name: string;
  readonly change: (lines: readonly string[]) => readonly string[];
  readonly expected: (size: number) => { readonly seq: number; readonly kind: string };
}

const lineAt = (lines: readonly string[], index: number): string => lines.at(index) ?? "";
const relabelled = (line: string): string => line.replace(/"role":"/, '"role":"x');

export const CHANGES: readonly Change[] = [
  { name: "a value of the first record changed", change: (lines) => lines.with(0, relabelled(lineAt(lines, 0))), expected: () => ({ seq: 1, kind: "altered" }) },
  { name: "a value of the third record changed", change: (lines) => lines.with(2, relabelled(lineAt(lines, 2))), expected: () => ({ seq: 3, kind: "altered" }) },
  { name: "a value of the last record changed", change: (lines) => lines.with(-1, relabelled(lineAt(lines, -1))), expected: (size) => ({ seq: size, kind: "altered" }) },
  {
    name: "a mac replaced",
    change: (lines) => lines.with(1, lineAt(lines, 1).replace(/"mac":"[0-9a-f]{64}"/, `"mac":"${"a".repeat(64)}"`)),
    expected: () => ({ seq: 2, kind: "altered" }),
  },
  { name: "the first record dropped", change: (lines) => lines.slice(1), expected: () => ({ seq: 1, kind: "missing" }) },
  { name: "a record in the middle dropped", change: (lines) => lines.toSpliced(2, 1), expected: () => ({ seq: 3, kind: "missing" }) },
  { name: "the last record dropped", change: (lines) => lines.slice(0, -1), expected: (size) => ({ seq: size, kind: "truncated" }) },
  { name: "all but the first dropped", change: (lines) => lines.slice(0, 1), expected: () => ({ seq: 2, kind: "truncated" }) },
  { name: "everything dropped", change: () => [], expected: () => ({ seq: 1, kind: "truncated" }) },
  { name: "two neighbours swapped", change: (lines) => lines.with(1, lineAt(lines, 2)).with(2, lineAt(lines, 1)), expected: () => ({ seq: 2, kind: "reordered" }) },
  { name: "a record doubled", change: (lines) => lines.toSpliced(2, 0, lineAt(lines, 1)), expected: () => ({ seq: 3, kind: "inserted" }) },
];

const sha256 = (data: Buffer): Buffer => createHash("sha256").update(data).digest();
const hex = (data: Buffer): string => sha256(data).toString("hex");
const nodeHash = (left: Buffer, right: Buffer): Buffer => sha256(Buffer.concat([Buffer.of(1), left, right]));
const leafHash = (line: string): Buffer => sha256(Buffer.concat([Buffer.of(0), Buffer.from(line)]));

/** RFC 6962, section 2.1, written again from the text. */
function rootOf(leaves: readonly Buffer[]): Buffer {
  const [only] = leaves;
  if (only === undefined) return sha256(Buffer.alloc(0));
  if (leaves.length === 1) return only;
  let split = 1;
  while (split * 2 < leaves.length) split *= 2;
  return nodeHash(rootOf(leaves.slice(0, split)), rootOf(leaves.slice(split)));
}

/**
 * Makes the rest of a bundle agree with its changed lines as far as that takes no private key: each leaf's hash, the leaves that went
 * or came, and every digest in the manifest. A leaf's signature stays as it was, beside the hash that it no longer fits.
 */
export function recompute(folder: string, lines: readonly string[]): void {
  const leaves = lines.map(leafHash);
  const rewrite = (name: string, change: (text: string) => string): string => {
    const text = change(readFileSync(join(folder, name), "utf8"));
    writeFileSync(join(folder, name), text);
    return text;
  };
  rewrite("leaves-1.txt", (text) => {
    const signatures = text.split("\n").map((line) => line.split(" ")[1] ?? "");
    return leaves.map((leaf, index) => `${leaf.toString("hex")} ${signatures[index] ?? signatures[0] ?? ""}\n`).join("");
  });
  writeManifest(folder);
}

/** The same, and the roots, sizes, head and digests in the signed notes too: rewritten to fit, under signatures that then don't. */
export function recomputeNotes(folder: string, lines: readonly string[]): void {
  recompute(folder, lines);
  const leaves = lines.map(leafHash);
  const checkpoints = readFileSync(join(folder, "checkpoints-1.txt"), "utf8").replaceAll(/^(\S+\/1)\n(\d+)\n\S+$/gm, (_, origin: string, size: string) => {
    const covered = Math.min(Number(size), leaves.length);
    return `${origin}\n${covered}\n${rootOf(leaves.slice(0, covered)).toString("base64")}`;
  });
  writeFileSync(join(folder, "checkpoints-1.txt"), checkpoints);
  const note = readFileSync(join(folder, "statement.note"), "utf8").split("\n");
  const statement = JSON.parse(note[1] ?? "") as { generations: Record<string, string | number>[] };
  Object.assign(statement.generations[0] ?? {}, {
    size: leaves.length,
    root: rootOf(leaves).toString("hex"),
    head: /"mac":"([0-9a-f]{64})"/.exec(lines.at(-1) ?? "")?.[1] ?? "0".repeat(64),
    checkpointsSha256: hex(Buffer.from(checkpoints)),
  });
  writeFileSync(join(folder, "statement.note"), note.with(1, JSON.stringify(statement)).join("\n"));
  writeManifest(folder);
}

function writeManifest(folder: string): void {
  const files = readdirSync(folder)
    .filter((name) => name !== "manifest.json")
    .sort()
    .map((name) => {
      const bytes = readFileSync(join(folder, name));
      return { bytes: bytes.length, name, sha256: hex(bytes) };
    });
  writeFileSync(join(folder, "manifest.json"), `${JSON.stringify({ files, v: 1 })}\n`);
}
