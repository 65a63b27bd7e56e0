import { randomBytes } from "node:crypto";
import { ed25519FromSeed, type Ed25519Pair } from "@sallyport/crypto";
import { DICTIONARY_FILE, KEYS_FILE, leavesFile, NAMES_FILE, README_FILE, recordsFile, STATEMENT_FILE } from "../bundle-model.ts";
import { keysText } from "../bundle-keys.ts";
import { CheckpointFile } from "../checkpoint-file.ts";
import { checkpointKeyName } from "../checkpoint.ts";
import { signLeaf } from "../leaf-signature.ts";
import { merkleRoot } from "../merkle-proof.ts";
import type { BreakKind } from "../model.ts";
import { encodeRecord, lineOf, parseLine, ZERO_MAC } from "../record-encoding.ts";
import { signHandover } from "../handover.ts";
import { type NoteSigner, signNote, vkeyOf } from "../signed-note.ts";
import { statementText } from "../export-statement.ts";
import { leafHash } from "../tree-hash.ts";
import { type Line, rehashed, type TamperedCopy } from "./tampered-copy.ts";

/** Whole numbers in [min, max]. */
export type Draw = (min: number, max: number) => number;

/** Where an attack was made, and what it has to be called; generation and seq are 0 for the bundle as a whole. */
export interface Done {
  readonly generation: number;
  readonly seq: number;
  readonly kind: BreakKind;
}

/** One thing that somebody may do who holds a bundle and no key. */
export interface Attack {
  /** In words. */
  readonly what: string;
  /** Records that the largest generation needs for it; 1 unless it is said. */
  readonly recordsMin?: number;
  /** Checkpoints that it needs. */
  readonly checkpointsMin?: number;
  /** Whether nothing but a fingerprint from elsewhere finds it. */
  readonly needsPin?: true;
  readonly make: (copy: TamperedCopy, draw: Draw) => Done;
}

type OnLines = (lines: readonly Line[], draw: Draw, copy: TamperedCopy) => { readonly lines: readonly Line[]; readonly seq: number; readonly kind: BreakKind };

/** On the records of one generation, with everything that needs no key made to fit. */
const onLines =
  (change: OnLines): Attack["make"] =>
  (copy, draw) => {
    const { lines, seq, kind } = change(copy.lines(), draw, copy);
    copy.putLines(lines);
    copy.fit();
    return { generation: copy.stated.generation, seq, kind };
  };

const any = (lines: readonly unknown[], draw: Draw): number => draw(0, lines.length - 1);
const inner = (lines: readonly unknown[], draw: Draw): number => draw(1, lines.length - 3);
const lineAt = (lines: readonly Line[], at: number): Line => lines[at] ?? { text: "", leaf: "" };
const otherReason = (text: string): string => text.replace(/"reason":"[^"]*"/, '"reason":"another_rule"');
const whole = (kind: BreakKind): Done => ({ generation: 0, seq: 0, kind });
/** A change of one line, which is what it is called. */
const altering = (change: (line: Line, draw: Draw) => Line): Attack["make"] =>
  onLines((lines, draw) => {
    const at = any(lines, draw);
    return { lines: lines.with(at, change(lineAt(lines, at), draw)), seq: at + 1, kind: "altered" };
  });

/** A record that was never sealed, well-formed for its place, with a MAC out of the air. */
function forged(lines: readonly Line[], at: number, over: { readonly chain?: string; readonly mac?: string } = {}): Line {
  const { record } = parseLine(lineAt(lines, at).text);
  const prevMac = at === 0 ? ZERO_MAC : parseLine(lineAt(lines, at - 1).text).mac;
  const { chain = record.chain, mac = randomBytes(32).toString("hex") } = over;
  const { deployment, generation, timestamp_utc } = record;
  const body = encodeRecord({ ...record, chain, reason: "another_rule" }, { deployment, generation, seq: at + 1, timestampUtc: timestamp_utc, prevMac });
  return rehashed(lineOf(body, mac), `${"0".repeat(64)} ${randomBytes(64).toString("base64")}\n`);
}

type HandingKey = Ed25519Pair & { readonly signer: NoteSigner; readonly vkey: string };

/** Signs all of a bundle with this pair, and names it; with handovers, before the keys that were named. */
function signAnew(copy: TamperedCopy, pair: Ed25519Pair, handovers: readonly string[]): void {
  const { deployment, chain } = copy.statement;
  const signer = { name: checkpointKeyName(deployment), privateKey: pair.privateKey };
  const keys = [vkeyOf(signer.name, pair.raw), ...(handovers.length === 0 ? [] : copy.statement.keys)];
  const generations = copy.statement.generations.map((stated) => {
    const at = copy.at(stated);
    const leaves = at.lines().map(({ text }, index) => {
      const leaf = leafHash(text).toString("hex");
      return `${leaf} ${signLeaf({ deployment, chain, generation: stated.generation, seq: index + 1, leaf }, pair.privateKey)}\n`;
    });
    const notes = at.notes().map((note) => signNote(note.slice(0, note.indexOf("\n\n") + 1), signer));
    const file = new CheckpointFile();
    for (const note of notes) file.add(note);
    copy.put(leavesFile(stated.generation), leaves.join(""));
    at.putNotes(notes);
    return { ...stated, checkpointsSha256: file.sha256() };
  });
  copy.put(STATEMENT_FILE, signNote(statementText({ ...copy.statement, generations, keys }), signer));
  copy.put(KEYS_FILE, keysText(keys, handovers));
  copy.fit();
}

/**
 * Everything that a drill tries. Nobody who lacks the signing key can do more than this to a bundle by kind: a record changed, taken, added or moved; what stands
 * beside the records; and what says what the records are.
 */
export const attacks: Readonly<Record<string, Attack>> = {
  field: { what: "a value of a record is changed, and its hash made to fit", make: altering(({ text, leaf }) => rehashed(otherReason(text), leaf)) },
  bit: {
    what: "one bit of a record is changed, and its hash made to fit",
    make: altering(({ text, leaf }, draw) => {
      const bytes = Buffer.from(text, "latin1");
      // A digit of the time becomes another character that needs no escape.
      const place = text.indexOf('"timestamp_utc":"') + 17 + draw(0, 3);
      bytes.writeUInt8(bytes.readUInt8(place) ^ (1 << draw(0, 1)), place);
      return rehashed(bytes.toString("latin1"), leaf);
    }),
  },
  "hash-left": { what: "a value is changed, and its hash left as it was", make: altering(({ text, leaf }) => ({ text: otherReason(text), leaf })) },
  "re-escape": { what: "a record is spelled otherwise and means the same", make: altering(({ text, leaf }) => rehashed(text.replace('"v":1', '"v": 1'), leaf)) },
  "delete-middle": {
    what: "a record is taken out",
    recordsMin: 4,
    make: onLines((lines, draw) => {
      const at = inner(lines, draw);
      return { lines: lines.toSpliced(at, 1), seq: at + 1, kind: "missing" };
    }),
  },
  "delete-tail": {
    what: "the last records are taken off",
    recordsMin: 2,
    make: onLines((lines, draw) => {
      const size = draw(1, lines.length - 1);
      return { lines: lines.slice(0, size), seq: size + 1, kind: "truncated" };
    }),
  },
  "delete-all": { what: "every record is taken", make: onLines(() => ({ lines: [], seq: 1, kind: "truncated" })) },
  insert: {
    what: "a record that never was is put in",
    recordsMin: 4,
    make: onLines((lines, draw) => {
      const at = inner(lines, draw);
      return { lines: lines.toSpliced(at, 0, forged(lines, at)), seq: at + 1, kind: "inserted" };
    }),
  },
  swap: {
    what: "two records change places",
    recordsMin: 4,
    make: onLines((lines, draw) => {
      const at = inner(lines, draw);
      return { lines: lines.with(at, lineAt(lines, at + 1)).with(at + 1, lineAt(lines, at)), seq: at + 1, kind: "reordered" };
    }),
  },
  duplicate: {
    what: "a record stands there twice",
    recordsMin: 4,
    make: onLines((lines, draw) => {
      const at = inner(lines, draw);
      return { lines: lines.toSpliced(at + 1, 0, lineAt(lines, at)), seq: at + 2, kind: "inserted" };
    }),
  },
  splice: {
    what: "a record is exchanged for one of another chain",
    recordsMin: 4,
    make: onLines((lines, draw) => {
      const at = inner(lines, draw);
      return { lines: lines.with(at, forged(lines, at, { chain: "site:OTHER-STUDY/999" })), seq: at + 1, kind: "foreign" };
    }),
  },
  "cut-newline": {
    what: "the last line break is taken off",
    make: (copy) => {
      const name = recordsFile(copy.stated.generation);
      copy.put(name, copy.text(name).slice(0, -1));
      copy.fit();
      return { generation: copy.stated.generation, seq: copy.stated.size, kind: "altered" };
    },
  },
  rollback: {
    what: "the bundle is cut back to an earlier checkpoint, and its statement written anew",
    checkpointsMin: 2,
    make: (copy) => {
      const { generation } = copy.stated;
      const [note = ""] = copy.notes();
      const size = Number(note.split("\n")[1]);
      const lines = copy.lines().slice(0, size);
      const file = new CheckpointFile();
      copy.putLines(lines);
      copy.putNotes([note]);
      file.add(note);
      const root = merkleRoot(lines.map(({ text }) => leafHash(text))).toString("hex");
      const head = size === 0 ? ZERO_MAC : parseLine(lineAt(lines, size - 1).text).mac;
      const stated = { ...copy.stated, size, root, head, checkpoints: 1, checkpointsSha256: file.sha256() };
      const generations = copy.statement.generations.map((each) => (each.generation === generation ? stated : each));
      const signature = copy.text(STATEMENT_FILE).slice(copy.text(STATEMENT_FILE).lastIndexOf("\n\n") + 1);
      copy.put(STATEMENT_FILE, `${statementText({ ...copy.statement, generations })}${signature}`);
      copy.fit();
      return whole("altered");
    },
  },
  "key-change": {
    what: "everything is signed anew, with another key",
    needsPin: true,
    make: (copy) => {
      const pair = ed25519FromSeed(randomBytes(32));
      signAnew(copy, pair, []);
      return whole("foreign");
    },
  },
  "key-handover": {
    what: "everything is signed anew, with another key, to which a handover leads that the deployment's key never signed",
    make: (copy) => {
      const name = checkpointKeyName(copy.statement.deployment);
      const [ours, theirs] = [ed25519FromSeed(randomBytes(32)), ed25519FromSeed(randomBytes(32))].map((pair) => ({
        ...pair,
        signer: { name, privateKey: pair.privateKey },
        vkey: vkeyOf(name, pair.raw),
      })) as [HandingKey, HandingKey];
      // Signed by who takes over, and by another key that is passed off as the deployment's.
      const note = signHandover({ from: ours.vkey, to: theirs.vkey, at: copy.statement.exportedAt }, ours.signer, theirs.signer);
      signAnew(copy, theirs, [note.replace(ours.vkey, copy.statement.keys[0] ?? "")]);
      return whole("altered");
    },
  },
  "key-more": {
    what: "another key is named beside the deployment's",
    make: (copy) => {
      const other = vkeyOf(checkpointKeyName(copy.statement.deployment), ed25519FromSeed(randomBytes(32)).raw);
      copy.put(KEYS_FILE, keysText([...copy.statement.keys, other]));
      copy.fit();
      return whole("altered");
    },
  },
  "file-more": {
    what: "a file is put in",
    make: (copy) => {
      copy.files.set("NOTES.txt", Buffer.from("x"));
      return whole("inserted");
    },
  },
  "file-less": {
    what: "a file is taken out",
    make: (copy, draw) => {
      copy.files.delete([NAMES_FILE, DICTIONARY_FILE, README_FILE][draw(0, 2)] ?? README_FILE);
      copy.fit();
      return whole("missing");
    },
  },
  name: {
    what: "a word beside the records is changed",
    make: (copy) => {
      copy.put(README_FILE, copy.text(README_FILE).replace(/[Aa]/, "B"));
      return whole("altered");
    },
  },
  "checkpoint-less": {
    what: "a checkpoint is taken out",
    checkpointsMin: 2,
    make: (copy) => {
      copy.putNotes(copy.notes().slice(1));
      copy.fit();
      return { generation: copy.stated.generation, seq: 0, kind: "missing" };
    },
  },
  "leaf-hash": { what: "a record's hash is changed", make: altering(({ text, leaf }) => ({ text, leaf: leaf.replace(/^./, (digit) => (digit === "0" ? "1" : "0")) })) },
  "leaf-less": {
    what: "the last hash is taken off",
    make: onLines((lines) => ({ lines: lines.with(-1, { text: lineAt(lines, lines.length - 1).text, leaf: "" }), seq: lines.length, kind: "missing" })),
  },
  "leaf-more": {
    what: "a hash is added",
    make: onLines((lines) => {
      const { text, leaf } = lineAt(lines, lines.length - 1);
      return { lines: lines.with(-1, { text, leaf: leaf.repeat(2) }), seq: lines.length + 1, kind: "inserted" };
    }),
  },
};
