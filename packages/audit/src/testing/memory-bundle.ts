import { ed25519FromSeed, type Ed25519Pair } from "@sallyport/crypto";
import { seededBytes } from "@sallyport/testkit";
import { keysText } from "../bundle-keys.ts";
import { readmeText } from "../bundle-readme.ts";
import {
  type ArchivedGeneration,
  CheckpointFile,
  checkpointKeyName,
  checkpointOrigin,
  checkpointsFile,
  checkpointText,
  dictionaryText,
  type ExportStatement,
  keysBehind,
  leafHash,
  leavesFile,
  lineOf,
  merkleRoot,
  recordsFile,
  type SealedRecord,
  signHandover,
  signLeaf,
  signNote,
  type StatedGeneration,
  statementText,
  vkeyOf,
  ZERO_MAC,
} from "../index.ts";
import { type BundleFiles, fitManifest } from "../drill/bundle-in-memory.ts";

export { fitManifest as recomputeManifest, memoryReader } from "../drill/bundle-in-memory.ts";
export type Files = BundleFiles;

export const checkpointPair = (seed: string): Ed25519Pair => ed25519FromSeed(seededBytes(`checkpoint key ${seed}`)(32));

export interface BundlePlan {
  readonly deployment: string;
  readonly chain: string;
  readonly generations: readonly (readonly SealedRecord[])[];
  readonly pair: Ed25519Pair;
  /** Pairs by which the deployment signed in turn, each handing over to the next, a minute after the other. The last of them is `pair`. */
  readonly turns?: readonly Ed25519Pair[];
  /** What the statement and `keys.json` name instead of what is so. */
  readonly keys?: { readonly vkeys: readonly string[]; readonly handovers: readonly string[] };
  /** The pair that was in use before, where `turns` don't say more, and up to which seq it signed the leaves. */
  readonly earlier?: { readonly pair: Ed25519Pair; readonly upTo: number };
  /** Where it isn't the whole chain: what was archived before, and whether it is one generation alone. `generations` go on from there. */
  readonly part?: { readonly scope: "chain" | "generation"; readonly archived: readonly ArchivedGeneration[] };
  /** 2 January 2026 at four if absent. */
  readonly exportedAt?: string;
  /** Sizes at which checkpoints were signed before the last; for each generation. */
  readonly checkpointSizes: readonly (readonly number[])[];
  /** What a custodian that was fooled signs instead of what is so: other checkpoints, another summary of a generation. */
  readonly notes?: (notes: readonly string[], generation: number) => readonly string[];
  readonly stated?: (stated: StatedGeneration) => StatedGeneration;
}

export const lineFor = ({ body, mac }: SealedRecord): string => lineOf(body, mac);

/** One signed checkpoint note over the first `size` records. */
export function checkpointNote(plan: Pick<BundlePlan, "deployment" | "chain" | "pair">, generation: number, records: readonly SealedRecord[], size: number): string {
  const root = merkleRoot(records.slice(0, size).map((record) => leafHash(lineFor(record))));
  const text = checkpointText({ origin: checkpointOrigin(plan.deployment, plan.chain, generation), size, root });
  return signNote(text, { name: checkpointKeyName(plan.deployment), privateKey: plan.pair.privateKey });
}

export function leafLine(plan: Pick<BundlePlan, "deployment" | "pair" | "earlier">, record: SealedRecord): string {
  const leaf = leafHash(lineFor(record)).toString("hex");
  const place = { deployment: plan.deployment, chain: record.chain, generation: record.generation, seq: record.seq, leaf };
  const { pair } = plan.earlier !== undefined && record.seq <= plan.earlier.upTo ? plan.earlier : plan;
  return `${leaf} ${signLeaf(place, pair.privateKey)}\n`;
}

const TURNED_MS = Date.parse("2026-01-02T03:30:00.000Z");

/** The handovers from each of these pairs to the next. */
export const handoversOf = (deployment: string, pairs: readonly Ed25519Pair[]): readonly string[] =>
  pairs.slice(1).map((to, at) => {
    const name = checkpointKeyName(deployment);
    const [one, other] = [pairs[at] as Ed25519Pair, to].map(({ privateKey, raw }) => ({ signer: { name, privateKey }, vkey: vkeyOf(name, raw) }));
    if (one === undefined || other === undefined) throw new RangeError("two pairs");
    return signHandover({ from: one.vkey, to: other.vkey, at: new Date(TURNED_MS + at * 60_000).toISOString() }, one.signer, other.signer);
  });

export function statementNoteOf(plan: BundlePlan, statement: ExportStatement): string {
  return signNote(statementText(statement), { name: checkpointKeyName(plan.deployment), privateKey: plan.pair.privateKey });
}

/** Makes a bundle's files in memory, as custodian and exporter together do. */
export function makeBundle(plan: BundlePlan): { readonly files: Files; readonly statement: ExportStatement } {
  const files: Files = new Map();
  const put = (name: string, text: string): void => void files.set(name, Buffer.from(text, "utf8"));
  const generations = plan.generations.map((records, index): StatedGeneration => {
    const generation = index + 1 + (plan.part?.archived.length ?? 0);
    const sizes = [...(plan.checkpointSizes[index] ?? []), records.length];
    const file = new CheckpointFile();
    put(recordsFile(generation), records.map((record) => `${lineFor(record)}\n`).join(""));
    put(leavesFile(generation), records.map((record) => leafLine(plan, record)).join(""));
    const signed = sizes.map((size) => checkpointNote(plan, generation, records, size));
    const notes = plan.notes?.(signed, generation) ?? signed;
    put(checkpointsFile(generation), notes.map((note) => file.add(note)).join(""));
    const stated = {
      generation,
      auditKey: `audit-${generation}`,
      size: records.length,
      root: merkleRoot(records.map((record) => leafHash(lineFor(record)))).toString("hex"),
      head: records.at(-1)?.mac ?? ZERO_MAC,
      checkpoints: file.count,
      checkpointsSha256: file.sha256(),
    };
    return plan.stated?.(stated) ?? stated;
  });
  const handovers = plan.keys?.handovers ?? handoversOf(plan.deployment, plan.turns ?? (plan.earlier === undefined ? [] : [plan.earlier.pair, plan.pair]));
  const said = {
    deployment: plan.deployment,
    chain: plan.chain,
    generations,
    keys: plan.keys?.vkeys ?? keysBehind(vkeyOf(checkpointKeyName(plan.deployment), plan.pair.raw), handovers),
    exportedAt: plan.exportedAt ?? "2026-01-02T04:00:00.000Z",
    requestedBy: "svc_auditor",
    requestId: "req_export",
  };
  const statement: ExportStatement = plan.part === undefined ? { v: 1, ...said } : { v: 2, ...plan.part, ...said };
  put("statement.note", statementNoteOf(plan, statement));
  put("keys.json", keysText(statement.keys, handovers));
  put("names.json", '{"svc_auditor":"Aud\u00eftor"}\n');
  put("dictionary.json", dictionaryText({ actions: { "phi.read": "A value was revealed." }, reasons: {} }));
  put("README.txt", readmeText(statement));
  fitManifest(files);
  return { files, statement };
}
