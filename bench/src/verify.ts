import { spawnSync } from "node:child_process";
import { createHmac, randomBytes } from "node:crypto";
import { closeSync, mkdtempSync, openSync, readFileSync, readSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DeepVerifier, encodeRecord, lineOf, rowBytes, SEGMENT_RECORDS, type SealedRecord, type SegmentSeal, sealedSegments, SegmentSealer, ZERO_MAC } from "@sallyport/audit";
import { hmacHex, secretKey } from "@sallyport/crypto";
import { type Figure, figureOf } from "./figure.ts";
import { interleave } from "./interleave.ts";
import { sampleDraft } from "./sample-record.ts";

const RECORDS = 200_000;
const ROUNDS = 7;
const READ_BYTES = 2 ** 20;
const PLACE = { deployment: "dabcdefghjkmn", chain: "system", generation: 1 } as const;

/** The seed's algorithm over a generation's lines, timed by itself: parse, write again with sorted keys, compare the link and the MAC. Prints records a second. */
const PYTHON = `
import hashlib, hmac, json, sys, time
key, before, count = bytes.fromhex(sys.argv[1]), "0" * 64, 0
began = time.perf_counter()
with open(sys.argv[2], encoding="ascii") as lines:
    for line in lines:
        record = json.loads(line)
        mac = record.pop("mac")
        body = json.dumps(record, sort_keys=True, separators=(",", ":")).encode()
        if record["prev_mac"] != before or not hmac.compare_digest(hmac.new(key, body, hashlib.sha256).hexdigest(), mac):
            sys.exit(1)
        before, count = mac, count + 1
print(count / (time.perf_counter() - began))
`;

/** A deep verification with the key: against HMACs of the same bytes and nothing else, and, over one file, against the seed's Python where there is one. */
export async function measureVerify(): Promise<readonly Figure[]> {
  const secret = randomBytes(32);
  const auditKey = secretKey(secret);
  const records = sealedRecords(auditKey);
  const folder = mkdtempSync(join(tmpdir(), "sallyport-bench-"));
  try {
    const file = join(folder, "generation-1.jsonl");
    writeFileSync(file, records.map(({ body, mac }) => `${lineOf(body, mac)}\n`).join(""));
    const seeds = (): number => Number(spawnSync("python3", ["-c", PYTHON, secret.toString("hex"), file], { encoding: "utf8" }).stdout ?? Number.NaN);
    return [...(await overBytes(auditKey, records)), ...(seeds() > 0 ? await overFile(auditKey, file, sealRows(folder, auditKey, records), seeds) : [])];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Rows as the database sends them, in a file, and the seals over them. */
interface SealedRows {
  readonly file: string;
  readonly seals: readonly SegmentSeal[];
}

function sealRows(folder: string, auditKey: ReturnType<typeof secretKey>, records: readonly SealedRecord[]): SealedRows {
  const sealer = new SegmentSealer({ ...PLACE, auditKey }, []);
  sealer.push(records);
  const file = join(folder, "rows.bin");
  writeFileSync(file, rowBytes(records.slice(0, sealer.seals.length * SEGMENT_RECORDS)));
  return { file, seals: sealer.seals };
}

/** A file from its beginning to its end; each piece is there until the next is asked for. */
async function* piecesOf(file: string): AsyncGenerator<Buffer> {
  const from = openSync(file, "r");
  const piece = Buffer.allocUnsafe(READ_BYTES);
  for (let length = readSync(from, piece); length > 0; length = readSync(from, piece)) yield await Promise.resolve(piece.subarray(0, length));
  closeSync(from);
}

/** All read a file as it lies there, to the last record. */
async function overFile(auditKey: ReturnType<typeof secretKey>, file: string, rows: SealedRows, seeds: () => number): Promise<readonly Figure[]> {
  const results = await interleave(ROUNDS, {
    sealed: async () => {
      const startMs = performance.now();
      const { whole, isSuspect } = await sealedSegments({ ...PLACE, auditKey }, rows.seals, piecesOf(rows.file));
      if (isSuspect) throw new Error("the seals do not hold");
      return (whole * SEGMENT_RECORDS * 1000) / (performance.now() - startMs);
    },
    deep: () => {
      const startMs = performance.now();
      const verifier = new DeepVerifier({ ...PLACE, auditKey, marks: [] });
      const bytes = readFileSync(file);
      for (let from = 0, end = bytes.indexOf(NEWLINE); end !== -1; from = end + 1, end = bytes.indexOf(NEWLINE, from)) verifier.push(recordIn(bytes.subarray(from, end), verifier));
      if (verifier.end() !== null || verifier.size !== RECORDS) throw new Error("the sample does not verify");
      return Promise.resolve((RECORDS * 1000) / (performance.now() - startMs));
    },
    seed: () => Promise.resolve(seeds()),
  });
  return [
    figureOf({ name: "verify.file", against: "the seed's Python over the same file", goal: 3 }, results.deep, results.seed),
    figureOf({ name: "verify.sealed", against: "the seed's Python over the same records", goal: 20 }, results.sealed, results.seed),
  ];
}

const NEWLINE = 0x0a;
const MAC = Buffer.from(',"mac":"', "latin1");
/** The member with its quotes. */
const MEMBER = MAC.length + 65;

/**
 * A stored record from its exported line: the MAC's member is cut out of it, by moving what stands before it up to what stands behind. A file has no columns
 * beside its lines, so those are what they have to be.
 */
function recordIn(line: Buffer, { size, mac: prevMac }: DeepVerifier): SealedRecord {
  const at = line.indexOf(MAC);
  const mac = line.toString("latin1", at + MAC.length, at + MEMBER - 1);
  line.copyWithin(MEMBER, 0, at);
  return { chain: PLACE.chain, generation: PLACE.generation, seq: size + 1, prevMac, mac, body: line.toString("latin1", MEMBER) };
}

async function overBytes(auditKey: ReturnType<typeof secretKey>, records: readonly SealedRecord[]): Promise<readonly Figure[]> {
  const timed = (work: () => void): Promise<number> => {
    const startMs = performance.now();
    work();
    return Promise.resolve((RECORDS * 1000) / (performance.now() - startMs));
  };
  const results = await interleave(ROUNDS, {
    deep: () =>
      timed(() => {
        const verifier = new DeepVerifier({ ...PLACE, auditKey, marks: [] });
        for (const record of records) verifier.push(record);
        if (verifier.end() !== null || verifier.size !== RECORDS) throw new Error("the sample does not verify");
      }),
    hmac: () =>
      timed(() => {
        for (const { body } of records) createHmac("sha256", auditKey).update(body).digest("hex");
      }),
  });
  return [figureOf({ name: "verify", against: "a bare createHmac loop over the same bytes", goal: 0.8 }, results.deep, results.hmac)];
}

/** Bodies as they come from a reader: each a string of its own, not a rope of the parts that it was made from. */
function sealedRecords(auditKey: ReturnType<typeof secretKey>): readonly SealedRecord[] {
  const timestampUtc = new Date().toISOString();
  let prevMac = ZERO_MAC;
  return Array.from({ length: RECORDS }, (_, index) => {
    const text = encodeRecord(sampleDraft(PLACE.chain), { ...PLACE, seq: index + 1, timestampUtc, prevMac });
    const body = Buffer.from(text, "latin1").toString("latin1");
    const record = { chain: PLACE.chain, generation: PLACE.generation, seq: index + 1, prevMac, mac: hmacHex(auditKey, body), body };
    prevMac = record.mac;
    return record;
  });
}
