import { randomBytes } from "node:crypto";
import { type Ed25519Pair, hmacHex } from "@sallyport/crypto";
import { keysText } from "../bundle-keys.ts";
import type { BundleDefence } from "../defence.ts";
import {
  type BreakKind,
  checkpointKeyName,
  checkpointsFile,
  encodeRecord,
  GENERATION_OPEN,
  keyFingerprint,
  leafHash,
  leavesFile,
  openingDetail,
  parseBody,
  parseVkey,
  recordsFile,
  type SealedRecord,
  signNote,
  statementText,
  type StatedGeneration,
  vkeyOf,
  ZERO_MAC,
} from "../index.ts";
import { type BundlePlan, checkpointNote, checkpointPair, type Files, handoversOf, leafLine, lineFor, makeBundle, recomputeManifest } from "./memory-bundle.ts";
import { type Draw, forged } from "./mutations.ts";
import { auditKey, draftOf, headOf, sealLog } from "./sealed-log.ts";

/** An honest bundle of two generations. */
export interface HonestBundle {
  readonly plan: BundlePlan;
  readonly files: ReadonlyMap<string, Buffer>;
  readonly generations: readonly [readonly SealedRecord[], readonly SealedRecord[]];
}

/** A bundle as it is handed over, and what must be said of it first. Generation and seq are 0 for the bundle as a whole. */
interface Handed {
  readonly files: Files;
  readonly expected: { readonly generation: number; readonly seq: number; readonly kind: BreakKind };
}

/** One attack on a bundle: what finds it, each by itself, and nothing else. */
export interface BundleOperator {
  readonly caughtBy: readonly BundleDefence[];
  readonly attack: (honest: HonestBundle, draw: Draw) => Handed;
}

const log = { deployment: "dabcdefghijkl", chain: "site:STUDY/701", key: auditKey("ours") };
const pair = checkpointPair("ours");
export const bundleFingerprint = keyFingerprint(pair.raw);

/** A bundle of `size` and of `size - 1` records; both generations have two checkpoints before their last. */
export function honestBundle(size: number): HonestBundle {
  const first = sealLog({ ...log, generation: 1, size, seed: `first ${size}` });
  const opening = { ...draftOf(log.chain, 1, "opening"), action: GENERATION_OPEN, detail: openingDetail(headOf(first)) };
  const second = sealLog({ ...log, generation: 2, size: size - 1, seed: `second ${size}`, drafts: [opening] });
  const plan: BundlePlan = { ...log, pair, generations: [first, second], checkpointSizes: [checkpointSizes(first), checkpointSizes(second)] };
  return { plan, files: makeBundle(plan).files, generations: [first, second] };
}

const checkpointSizes = (records: readonly unknown[]): readonly number[] => [2, records.length - 2];

/** A line of a records file, the hash and signature beside it, and both again. */
interface Line {
  readonly text: string;
  readonly leaf: string;
}

/** Works on one generation of a bundle whose holder has no key: everything else, the manifest too, is made to fit again. */
class Handling {
  readonly files: Files;
  readonly #honest: HonestBundle;

  constructor(honest: HonestBundle) {
    this.#honest = honest;
    this.files = new Map(honest.files);
  }

  text(name: string): string {
    return (this.files.get(name) as Buffer).toString("utf8");
  }

  put(name: string, text: string): void {
    this.files.set(name, Buffer.from(text, "utf8"));
  }

  lines(generation: number): Line[] {
    const { plan, generations } = this.#honest;
    return (generations[generation - 1] as readonly SealedRecord[]).map((record) => ({ text: lineFor(record), leaf: leafLine(plan, record) }));
  }

  putLines(generation: number, lines: readonly Line[]): void {
    this.put(recordsFile(generation), lines.map(({ text }) => `${text}\n`).join(""));
    this.put(leavesFile(generation), lines.map(({ leaf }) => leaf).join(""));
  }

  notes(generation: number): string[] {
    return this.text(checkpointsFile(generation)).match(/[^\n]+\n[^\n]+\n[^\n]+\n\n[^\n]+\n/g) ?? [];
  }

  handed(generation: number, seq: number, kind: BreakKind): Handed {
    recomputeManifest(this.files);
    return { files: this.files, expected: { generation, seq, kind } };
  }
}

const vkeyFor = ({ deployment }: BundlePlan, { raw }: Ed25519Pair): string => vkeyOf(checkpointKeyName(deployment), raw);

/** A handover's text with a signature line for each of these keys: theirs, or, instead, bytes out of the air. */
function resigned({ deployment }: BundlePlan, note: string, ...by: readonly (readonly [pair: Ed25519Pair, bytes: Buffer | null])[]): string {
  const text = note.slice(0, note.indexOf("\n\n") + 1);
  const name = checkpointKeyName(deployment);
  const lines = by.map(([{ privateKey, raw }, bytes]) => {
    const line = signNote(text, { name, privateKey }).slice(text.length + 1);
    if (bytes === null) return line;
    return `\u2014 ${name} ${Buffer.concat([Buffer.from(parseVkey(vkeyOf(name, raw)).keyId, "hex"), bytes]).toString("base64")}\n`;
  });
  return `${text}\n${lines.join("")}`;
}

/** An attack on a bundle of a deployment whose key of now took over from an earlier one. */
const onTurned =
  (change: (honest: HonestBundle, handling: Handling) => Handed["expected"]): BundleOperator["attack"] =>
  (honest) => {
    const handling = new Handling({ ...honest, files: makeBundle({ ...honest.plan, turns: [checkpointPair("earlier"), honest.plan.pair] }).files });
    const { generation, seq, kind } = change(honest, handling);
    return handling.handed(generation, seq, kind);
  };

/** A changed text with the hash that is its own now, and the signature that stood there. */
const rehashed = (text: string, leaf: string): Line => ({ text, leaf: `${leafHash(text).toString("hex")} ${leaf.slice(65)}` });

type Lines = (lines: Line[], draw: Draw, generation: number) => { readonly lines: readonly Line[]; readonly seq: number; readonly kind: BreakKind };

/** An attack on the lines of one generation, the leaves being moved along or computed anew. */
const onLines =
  (change: Lines): BundleOperator["attack"] =>
  (honest, draw) => {
    const handling = new Handling(honest);
    const generation = draw(1, 2);
    const { lines, seq, kind } = change(handling.lines(generation), draw, generation);
    handling.putLines(generation, lines);
    return handling.handed(generation, seq, kind);
  };

/** The same records sealed in their order, each as `change` has it; a custodian that was fooled signs them. */
function fooled(honest: HonestBundle, draw: Draw, change: (records: readonly SealedRecord[], index: number) => readonly SealedRecord[], over: Partial<BundlePlan> = {}): Files {
  const index = draw(1, honest.generations[1].length - 3);
  return makeBundle({ ...honest.plan, ...over, generations: [honest.generations[0], change(honest.generations[1], index)] }).files;
}

function sealedAs(record: SealedRecord, place: { readonly seq?: number; readonly prevMac?: string; readonly chain?: string; readonly reason?: string }): SealedRecord {
  const said = parseBody(record.body);
  const { seq = record.seq, prevMac = record.prevMac, chain = record.chain, reason = said.reason } = place;
  const body = encodeRecord(
    { ...said, chain, reason, site: chain.slice(5) },
    { deployment: said.deployment, generation: said.generation, seq, timestampUtc: said.timestamp_utc, prevMac },
  );
  return { ...record, chain: record.chain, seq, prevMac, body, mac: hmacHex(log.key, body) };
}

const respellings: readonly ((line: string) => string)[] = [
  (line) => line.replace('"reason":"', '"reason":"x","reason":"'),
  (line) => line.replace('"v":1', '"v": 1'),
  (line) => `${line.slice(0, -1)},"zzz":"1"}`,
  (line) => line.replace('"svc_', '"\\u0073vc_'),
];
const respelled = (text: string, draw: Draw): string => (respellings[draw(0, respellings.length - 1)] as (line: string) => string)(text);

const noteWith = (note: string, signature: Buffer): string => {
  const [, name = "", encoded = ""] = /\n\u2014 (\S+) (\S+)\n$/.exec(note) ?? [];
  const keyId = Buffer.from(encoded, "base64").subarray(0, 4);
  return note.replace(/\n\u2014 [^\n]*\n$/, `\n\u2014 ${name} ${Buffer.concat([keyId, signature]).toString("base64")}\n`);
};

/** A custodian that was fooled into other checkpoints of generation 2. */
const ofCheckpoints =
  (change: (notes: readonly string[], honest: HonestBundle) => readonly string[], seqOf: (size: number) => number, kind: BreakKind): BundleOperator["attack"] =>
  (honest) => ({
    files: makeBundle({ ...honest.plan, notes: (notes, generation) => (generation === 2 ? change(notes, honest) : notes) }).files,
    expected: { generation: 2, seq: seqOf(honest.generations[1].length), kind },
  });

/** An attack on what is beside the records; the manifest is made to fit. */
const onFiles =
  (change: (handling: Handling, draw: Draw, honest: HonestBundle) => { readonly generation: number; readonly seq: number; readonly kind: BreakKind }): BundleOperator["attack"] =>
  (honest, draw) => {
    const handling = new Handling(honest);
    const { generation, seq, kind } = change(handling, draw, honest);
    return handling.handed(generation, seq, kind);
  };

const whole = (kind: BreakKind) => ({ generation: 0, seq: 0, kind });
const inner = (lines: readonly unknown[], draw: Draw): number => draw(1, lines.length - 3);

/**
 * Attacks by whoever holds a bundle and no key, and at the end what a custodian may have been fooled into. Each is shown to be found by every
 * one of its defences alone, and by none of the others (defences.test.ts).
 */
export const bundleOperators: Readonly<Record<string, BundleOperator>> = {
  field: {
    caughtBy: ["root"],
    attack: onLines((lines, draw) => {
      const at = draw(0, lines.length - 1);
      const { text, leaf } = lines[at] as Line;
      return { lines: lines.with(at, rehashed(text.replace(/"reason":"[^"]*"/, '"reason":"another_rule"'), leaf)), seq: at + 1, kind: "altered" };
    }),
  },
  bit: {
    caughtBy: ["root"],
    attack: onLines((lines, draw) => {
      const at = draw(0, lines.length - 1);
      const { text, leaf } = lines[at] as Line;
      const place = text.indexOf('"request_id":"req_') + 18 + draw(0, 7);
      const bytes = Buffer.from(text, "latin1");
      // A hexadecimal digit becomes another character that needs no escape.
      bytes.writeUInt8(bytes.readUInt8(place) ^ (1 << draw(0, 1)), place);
      return { lines: lines.with(at, rehashed(bytes.toString("latin1"), leaf)), seq: at + 1, kind: "altered" };
    }),
  },
  "a hash left as it was": {
    caughtBy: ["root", "leaves"],
    attack: onLines((lines, draw) => {
      const at = draw(0, lines.length - 1);
      const { text, leaf } = lines[at] as Line;
      return { lines: lines.with(at, { text: text.replace(/"reason":"[^"]*"/, '"reason":"another_rule"'), leaf }), seq: at + 1, kind: "altered" };
    }),
  },
  "re-escape": {
    caughtBy: ["root", "canonical"],
    attack: onLines((lines, draw) => {
      const at = draw(0, lines.length - 1);
      const { text, leaf } = lines[at] as Line;
      return { lines: lines.with(at, rehashed(respelled(text, draw), leaf)), seq: at + 1, kind: "altered" };
    }),
  },
  "delete-middle": {
    caughtBy: ["root", "link", "seq"],
    attack: onLines((lines, draw) => {
      const at = inner(lines, draw);
      return { lines: lines.toSpliced(at, 1), seq: at + 1, kind: "missing" };
    }),
  },
  "delete-tail": {
    caughtBy: ["root", "head"],
    attack: onLines((lines, draw) => {
      const size = draw(1, lines.length - 1);
      return { lines: lines.slice(0, size), seq: size + 1, kind: "truncated" };
    }),
  },
  "delete-all": { caughtBy: ["root", "head"], attack: onLines(() => ({ lines: [], seq: 1, kind: "truncated" })) },
  insert: {
    caughtBy: ["root", "link", "seq"],
    attack: onLines((lines, draw) => {
      const at = inner(lines, draw);
      const text = forged(
        lines.map((line) => line.text),
        at,
      );
      return { lines: lines.toSpliced(at, 0, rehashed(text, `${"0".repeat(64)} ${randomBytes(64).toString("base64")}\n`)), seq: at + 1, kind: "inserted" };
    }),
  },
  swap: {
    caughtBy: ["root", "link", "seq"],
    attack: onLines((lines, draw) => {
      const at = inner(lines, draw);
      return { lines: lines.with(at, lines[at + 1] as Line).with(at + 1, lines[at] as Line), seq: at + 1, kind: "reordered" };
    }),
  },
  duplicate: {
    caughtBy: ["root", "link", "seq"],
    attack: onLines((lines, draw) => {
      const at = inner(lines, draw);
      return { lines: lines.toSpliced(at + 1, 0, lines[at] as Line), seq: at + 2, kind: "inserted" };
    }),
  },
  splice: {
    caughtBy: ["root", "origin", "link"],
    attack: onLines((lines, draw, generation) => {
      const at = inner(lines, draw);
      const other = sealLog({ ...log, chain: "site:OTHER/999", generation, size: at + 1, seed: "stranger" })[at] as SealedRecord;
      return { lines: lines.with(at, { text: lineFor(other), leaf: leafLine({ deployment: log.deployment, pair }, other) }), seq: at + 1, kind: "foreign" };
    }),
  },
  "cut newline": {
    caughtBy: ["canonical"],
    attack: onFiles((handling, draw) => {
      const generation = draw(1, 2);
      handling.put(recordsFile(generation), handling.text(recordsFile(generation)).slice(0, -1));
      return { generation, seq: handling.lines(generation).length, kind: "altered" };
    }),
  },
  "rollback, under a statement written anew": {
    caughtBy: ["statement"],
    attack: onFiles((handling, _, { plan, generations }) => {
      const [size = 0] = plan.checkpointSizes[1] ?? [];
      const { files, statement } = makeBundle({ ...plan, generations: [generations[0], generations[1].slice(0, size)], checkpointSizes: [plan.checkpointSizes[0] ?? [], []] });
      const signature = handling.text("statement.note").slice(handling.text("statement.note").lastIndexOf("\n\n") + 1);
      for (const [name, bytes] of files) handling.files.set(name, bytes);
      handling.put("statement.note", `${statementText(statement)}${signature}`);
      return whole("altered");
    }),
  },
  "key-change": {
    caughtBy: ["pin"],
    attack: ({ plan }) => ({ files: makeBundle({ ...plan, pair: checkpointPair("other") }).files, expected: whole("foreign") }),
  },
  "a key more": {
    caughtBy: ["keys", "handover"],
    attack: onFiles((handling, _, { plan }) => {
      const keysOf = (files: ReadonlyMap<string, Buffer>): readonly string[] =>
        (JSON.parse(String(files.get("keys.json"))) as { keys: { vkey: string }[] }).keys.map(({ vkey }) => vkey);
      handling.put("keys.json", keysText([...keysOf(handling.files), ...keysOf(makeBundle({ ...plan, pair: checkpointPair("other") }).files)]));
      return whole("altered");
    }),
  },
  "a handover by the one that takes over alone": {
    caughtBy: ["handover"],
    attack: ({ plan }) => {
      const [theirs, ours] = [checkpointPair("other"), plan.pair];
      const [genuine = ""] = handoversOf(plan.deployment, [checkpointPair("nobody"), theirs]);
      const forged = genuine.replaceAll(vkeyFor(plan, checkpointPair("nobody")), vkeyFor(plan, ours));
      const handovers = [resigned(plan, forged, [ours, randomBytes(64)], [theirs, null])];
      return { files: makeBundle({ ...plan, pair: theirs, keys: { vkeys: [theirs, ours].map((each) => vkeyFor(plan, each)), handovers } }).files, expected: whole("altered") };
    },
  },
  "a handover between keys of another deployment": {
    caughtBy: ["handover"],
    attack: ({ plan }) => {
      const [theirs, ours] = [checkpointPair("other"), plan.pair];
      const handovers = handoversOf("dzzzzzzzzzzzz", [checkpointPair("nobody"), theirs]);
      return { files: makeBundle({ ...plan, pair: theirs, keys: { vkeys: [theirs, ours].map((each) => vkeyFor(plan, each)), handovers } }).files, expected: whole("altered") };
    },
  },
  "a handover taken out": {
    caughtBy: ["handover"],
    attack: onTurned(({ plan }, handling) => {
      handling.put("keys.json", keysText([plan.pair, checkpointPair("earlier")].map((each) => vkeyFor(plan, each))));
      return whole("altered");
    }),
  },
  "a handover taken out, and the key before with it": {
    caughtBy: ["keys"],
    attack: onTurned(({ plan }, handling) => {
      handling.put("keys.json", keysText([vkeyFor(plan, plan.pair)]));
      return whole("altered");
    }),
  },
  "the fingerprint of the key after one that states a bundle": {
    caughtBy: ["pin"],
    attack: ({ plan }) => {
      const earlier = checkpointPair("earlier");
      const keys = { vkeys: [vkeyFor(plan, earlier)], handovers: handoversOf(plan.deployment, [earlier, plan.pair]) };
      return { files: makeBundle({ ...plan, pair: earlier, keys }).files, expected: whole("foreign") };
    },
  },
  "signed: a key that no handover leads from": {
    caughtBy: ["handover"],
    attack: ({ plan }) => {
      const vkeys = [plan.pair, checkpointPair("other")].map((each) => vkeyFor(plan, each));
      return { files: makeBundle({ ...plan, keys: { vkeys, handovers: [] } }).files, expected: whole("altered") };
    },
  },
  "a file more": {
    caughtBy: ["files"],
    attack: (honest, draw) => ({
      files: new Map([...honest.files, [["generation-3.jsonl", "NOTES.txt", ".hidden"][draw(0, 2)] as string, Buffer.from("x")]]),
      expected: whole("inserted"),
    }),
  },
  "a file less": {
    caughtBy: ["files"],
    attack: onFiles((handling, draw) => {
      handling.files.delete(["names.json", "dictionary.json", "README.txt"][draw(0, 2)] as string);
      return whole("missing");
    }),
  },
  "a name changed": {
    caughtBy: ["manifest"],
    attack: (honest, draw) => {
      const name = ["names.json", "README.txt"][draw(0, 1)] as string;
      return { files: new Map([...honest.files, [name, Buffer.from(String(honest.files.get(name)).replace(/[Aa]/, "B"))]]), expected: whole("altered") };
    },
  },
  "a checkpoint less": {
    caughtBy: ["checkpoint file"],
    attack: onFiles((handling, draw) => {
      const generation = draw(1, 2);
      handling.put(checkpointsFile(generation), handling.notes(generation).toSpliced(draw(0, 1), 1).join("\n"));
      return { generation, seq: 0, kind: "missing" };
    }),
  },
  "a checkpoint more": {
    caughtBy: ["checkpoint file"],
    attack: onFiles((handling, draw, { plan, generations }) => {
      const generation = draw(1, 2);
      const between = checkpointNote(plan, generation, generations[generation - 1] as readonly SealedRecord[], 3);
      handling.put(checkpointsFile(generation), handling.notes(generation).toSpliced(1, 0, between).join("\n"));
      return { generation, seq: 0, kind: "inserted" };
    }),
  },
  "another checkpoint": {
    caughtBy: ["checkpoint file"],
    attack: onFiles((handling, draw, { plan, generations }) => {
      const generation = draw(1, 2);
      const other = checkpointNote(plan, generation, generations[generation - 1] as readonly SealedRecord[], 3);
      handling.put(checkpointsFile(generation), handling.notes(generation).with(0, other).join("\n"));
      return { generation, seq: 0, kind: "altered" };
    }),
  },
  "a leaf's hash": {
    caughtBy: ["leaves"],
    attack: onLines((lines, draw) => {
      const at = draw(0, lines.length - 1);
      const { text, leaf } = lines[at] as Line;
      return { lines: lines.with(at, { text, leaf: leaf.replace(/^./, (digit) => (digit === "0" ? "1" : "0")) }), seq: at + 1, kind: "altered" };
    }),
  },
  "a leaf less": {
    caughtBy: ["leaves"],
    attack: onLines((lines) => ({ lines: [...lines.slice(0, -1), { text: lines.at(-1)?.text ?? "", leaf: "" }], seq: lines.length, kind: "missing" })),
  },
  "a leaf more": {
    caughtBy: ["leaves"],
    attack: onLines((lines) => ({
      lines: lines.with(-1, { text: lines.at(-1)?.text ?? "", leaf: (lines.at(-1)?.leaf ?? "").repeat(2) }),
      seq: lines.length + 1,
      kind: "inserted",
    })),
  },
  "signed: a checkpoint by nobody": {
    caughtBy: ["checkpoint"],
    attack: ofCheckpoints(
      (notes) => notes.with(0, noteWith(notes[0] ?? "", randomBytes(64))),
      () => 0,
      "altered",
    ),
  },
  "signed: another log's checkpoint": {
    caughtBy: ["checkpoint"],
    attack: ofCheckpoints(
      (notes, { plan, generations }) => notes.with(0, checkpointNote({ ...plan, chain: "site:OTHER/999" }, 2, generations[1], 2)),
      () => 0,
      "altered",
    ),
  },
  "signed: checkpoints that go back": {
    caughtBy: ["checkpoint order"],
    attack: ofCheckpoints(
      ([two = "", later = "", last = ""]) => [later, two, last],
      () => 2,
      "rolled back",
    ),
  },
  "signed: two checkpoints of one size": {
    caughtBy: ["checkpoint order", "root"],
    attack: ofCheckpoints(
      (notes, { plan }) => notes.toSpliced(1, 0, checkpointNote(plan, 2, sealLog({ ...log, generation: 2, size: 2, seed: "rewound" }), 2)),
      () => 2,
      "forked",
    ),
  },
  "signed: a checkpoint of another history": {
    caughtBy: ["root"],
    attack: ofCheckpoints(
      (notes, { plan }) => notes.with(0, checkpointNote(plan, 2, sealLog({ ...log, generation: 2, size: 2, seed: "rewound" }), 2)),
      () => 2,
      "rolled back",
    ),
  },
  "signed: a number skipped": {
    caughtBy: ["seq"],
    attack: (honest, draw) => {
      let from = 0;
      const files = fooled(honest, draw, (records, index) => {
        from = index;
        let prevMac = records[index - 1]?.mac ?? ZERO_MAC;
        const later = records.slice(index).map((record) => {
          const sealed = sealedAs(record, { seq: record.seq + 1, prevMac });
          prevMac = sealed.mac;
          return sealed;
        });
        return [...records.slice(0, index), ...later];
      });
      return { files, expected: { generation: 2, seq: from + 1, kind: "altered" } };
    },
  },
  "signed: a record exchanged": {
    caughtBy: ["link"],
    attack: (honest, draw) => {
      let from = 0;
      const files = fooled(honest, draw, (records, index) => records.with((from = index), sealedAs(records[index] as SealedRecord, { reason: "another_rule" })));
      return { files, expected: { generation: 2, seq: from + 2, kind: "altered" } };
    },
  },
  "signed: another chain's record": {
    caughtBy: ["origin"],
    attack: (honest, draw) => ({
      files: fooled(honest, draw, (records) => records.with(-1, sealedAs(records.at(-1) as SealedRecord, { chain: "site:OTHER/999" }))),
      expected: { generation: 2, seq: honest.generations[1].length, kind: "foreign" },
    }),
  },
  "signed: another spelling": {
    caughtBy: ["canonical"],
    attack: (honest, draw) => {
      let from = 0;
      const files = fooled(honest, draw, (records, index) => {
        const record = records[(from = index)] as SealedRecord;
        return records.with(index, { ...record, body: respelled(record.body, draw) });
      });
      return { files, expected: { generation: 2, seq: from + 1, kind: "altered" } };
    },
  },
  "signed: another head": {
    caughtBy: ["head"],
    attack: ({ plan, generations }) => ({
      files: makeBundle({ ...plan, stated: (stated: StatedGeneration) => (stated.generation === 2 ? { ...stated, head: "f".repeat(64) } : stated) }).files,
      expected: { generation: 2, seq: generations[1].length, kind: "altered" },
    }),
  },
  "signed: a generation opened after another head": {
    caughtBy: ["opening"],
    attack: ({ plan, generations }) => {
      const rewound = sealLog({ ...log, generation: 1, size: generations[0].length, seed: "rewound" });
      const opening = { ...draftOf(log.chain, 1, "opening"), action: GENERATION_OPEN, detail: openingDetail(headOf(rewound)) };
      const second = sealLog({ ...log, generation: 2, size: generations[1].length, seed: "second", drafts: [opening] });
      return { files: makeBundle({ ...plan, generations: [generations[0], second] }).files, expected: { generation: 2, seq: 1, kind: "forked" } };
    },
  },
};
