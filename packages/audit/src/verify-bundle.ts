import type { KeyObject } from "node:crypto";
import { ed25519Public, verifyEd25519 } from "@sallyport/crypto";
import { SallyportError } from "@sallyport/errors";
import { knownKeyIn, type NamedKeys, readKeys } from "./bundle-keys.ts";
import { firstUnsigned } from "./locate-break.ts";
import {
  bundleFiles,
  type BundleReader,
  type BundleVerdict,
  type HandedOver,
  checkpointsFile,
  cosignedFile,
  leavesFile,
  MANIFEST_FILE,
  recordsFile,
  STATEMENT_FILE,
  type VerifyOptions,
} from "./bundle-model.ts";
import { checkpointKeyName } from "./checkpoint.ts";
import { witnessName } from "./cosignature.ts";
import { type CosignedCheckpoint, readCosigned, witnessedBy } from "./cosigned-checkpoint.ts";
import { asFound, type BundleDefence, type Holds } from "./defence.ts";
import { archivedIn, type ExportStatement, parseStatement, type StatedGeneration } from "./export-statement.ts";
import { isKeyAmong } from "./handover.ts";
import { checkSideFiles, digestOf } from "./manifest.ts";
import type { Break, BreakKind } from "./model.ts";
import { fingerprintOf, openNote, parseVkey } from "./signed-note.ts";
import { handoversFrom } from "./stating-key.ts";
import { verdictOf } from "./bundle-verdict.ts";
import { verifyGeneration } from "./verify-generation.ts";

const FINGERPRINT = /^sha256:[0-9a-f]{64}$/;

/** Whether this is a key's fingerprint as `--key` takes it: `sha256:` and 64 lower-case hexadecimal digits. */
export const isFingerprint = (text: string): boolean => FINGERPRINT.test(text);

/** What the verification rests on, or why there is nothing to rest on. */
type Ground = { readonly statement: ExportStatement; readonly handedOver: readonly HandedOver[] } | { readonly refused: Break; readonly claimed?: Claim };

/** What a statement says that nobody signed. It proves nothing, but it says where to look for what else is wrong. */
interface Claim {
  readonly statement: ExportStatement;
  /** The key that should have signed it. */
  readonly publicKey: KeyObject;
}

const notCosigned = ({ chain }: ExportStatement, generation: number): Break => ({
  chain,
  generation,
  seq: 0,
  kind: "altered",
  why: `the cosigned checkpoint of generation ${generation} is not one of its checkpoints`,
});

const wholeBundle = (kind: BreakKind, why: string, chain = ""): Break => ({ chain, generation: 0, seq: 0, kind, why });

/**
 * Verifies a bundle offline: no network, database or secret. The first break comes first; one of the bundle as a whole has
 * generation 0 and seq 0. Reads every file at least once, in constant memory. docs/spec/bundle-v1.md, section 6.
 *
 * @param holds - A test's, to see what each defence finds; see {@link Holds}.
 * @throws SallyportError `bundle.unreadable` where this is no bundle at all. @throws RangeError for what is no fingerprint; `note.invalid` for what is no witness's key.
 */
export async function verifyBundle(reader: BundleReader, options: VerifyOptions = {}, holds: Holds<BundleDefence> = asFound): Promise<BundleVerdict> {
  const { fingerprint: pin, witness } = options;
  if (pin !== undefined && !isFingerprint(pin)) throw new RangeError("a fingerprint is `sha256:` and 64 lower-case hexadecimal digits");
  if (witness !== undefined) witnessName(witness);
  // In one order, so that one bundle has one verdict, however its folder lists it.
  const files = new Set([...(await reader.list())].sort());
  if (!files.has(STATEMENT_FILE) && !files.has(MANIFEST_FILE)) throw new SallyportError("bundle.unreadable");
  const keys = files.has("keys.json") ? await readKeys(reader) : null;
  const [fingerprint = null, ...behind] = keys?.vkeys.map(fingerprintOf) ?? [];
  const ground = await openGround({ reader, files, keys, pin, holds });
  const manifest = files.has(MANIFEST_FILE) ? ((await digestOf(reader, MANIFEST_FILE))?.sha256 ?? null) : null;
  if ("refused" in ground) {
    const located = ground.claimed === undefined ? [] : await locateUnder(ground.claimed, reader, files, holds);
    return verdictOf({
      pinned: pin !== undefined && pin === fingerprint,
      fingerprint,
      manifest,
      statement: null,
      breaks: [ground.refused, ...located],
      records: 0,
      checkpoints: 0,
    });
  }
  const { statement, handedOver } = ground;
  const found = { pinned: pin !== undefined, fingerprint, behind, handedOver, manifest };
  const amiss = filesAmiss(files, statement);
  const breaks = holds("files", amiss.length === 0) ? [] : amiss;
  const brokenGenerations = new Set<number>();
  let [records, checkpoints] = [0, 0];
  // The first that is kept goes on from the last that was archived.
  let previous: Pick<StatedGeneration, "generation" | "size" | "head"> | null = archivedIn(statement).at(-1) ?? null;
  const cosigned: CosignedCheckpoint[] = [];
  for (const stated of statement.generations) {
    const { generation } = stated;
    const seen = files.has(cosignedFile(generation)) ? await readCosigned(reader, statement, stated) : undefined;
    if (seen === null) breaks.push(notCosigned(statement, generation));
    if ([recordsFile, leavesFile, checkpointsFile].every((nameOf) => files.has(nameOf(generation)))) {
      const findings = await verifyGeneration({ reader, statement, stated, previous, leafKeys: publicKeysOf(statement), cosigned: seen ?? null, holds });
      breaks.push(...findings.breaks);
      if (findings.breaks.length > 0) brokenGenerations.add(generation);
      records += findings.records;
      checkpoints += findings.checkpoints;
      if (!findings.isCosignedHere) breaks.push(notCosigned(statement, generation));
      else if (seen) cosigned.push(seen);
    }
    previous = stated;
  }
  breaks.push(...(await checkSideFiles(reader, files, statement, brokenGenerations, holds)));
  const witnessed = witness === undefined ? null : witnessedBy(cosigned, witness);
  if (witness !== undefined && witnessed === null) breaks.push(wholeBundle("missing", "no checkpoint here has a cosignature by the witness whose key was given", statement.chain));
  return verdictOf({
    ...found,
    statement,
    breaks,
    records,
    checkpoints,
    ...(witnessed !== null && { witnessed }),
    ...(witness === undefined && cosigned.length > 0 && { cosigned: cosigned.length }),
  });
}

const publicKeysOf = ({ keys }: ExportStatement): readonly KeyObject[] => keys.map((vkey) => ed25519Public(parseVkey(vkey).raw));

/** What is at hand before anything is believed. */
interface Unopened {
  readonly reader: BundleReader;
  readonly files: ReadonlySet<string>;
  readonly keys: NamedKeys | null;
  readonly pin: string | undefined;
  readonly holds: Holds<BundleDefence>;
}

async function openGround({ reader, files, keys, pin, holds }: Unopened): Promise<Ground> {
  if (!files.has(STATEMENT_FILE)) return { refused: wholeBundle("missing", "the statement is not there") };
  if (!files.has("keys.json")) return { refused: wholeBundle("missing", "the keys are not there") };
  const [vkey] = keys?.vkeys ?? [];
  if (keys === null || vkey === undefined) return { refused: wholeBundle("altered", "keys.json does not hold verifier keys") };
  const { vkeys } = keys;
  const known = knownKeyIn(keys);
  if (!holds("handover", known?.behind.join("\n") === vkeys.join("\n")))
    return { refused: wholeBundle("altered", "keys.json has a key that no handover leads from, or a handover that both its keys did not sign") };
  const { name, raw } = parseVkey(vkey);
  if (pin !== undefined && !holds("pin", isKeyAmong(pin, vkeys))) return { refused: wholeBundle("foreign", "the bundle is signed by another key than the one that was given") };
  try {
    const statement = parseStatement(openNote(await reader.text(STATEMENT_FILE), vkey, (...signed) => holds("statement", verifyEd25519(...signed))));
    if (!holds("keys", statement.keys.join("\n") === vkeys.join("\n")))
      return { refused: wholeBundle("altered", "keys.json and the statement name different keys", statement.chain) };
    if (!holds("keys", name === checkpointKeyName(statement.deployment))) return { refused: wholeBundle("foreign", "the key is another deployment's", statement.chain) };
    return { statement, handedOver: pin === undefined || known === null ? [] : handoversFrom(pin, known) };
  } catch {
    const refused = wholeBundle("altered", "the statement is not one that this key signed");
    const statement = await claimedStatement(reader);
    return statement === null ? { refused } : { refused, claimed: { statement, publicKey: ed25519Public(raw) } };
  }
}

async function claimedStatement(reader: BundleReader): Promise<ExportStatement | null> {
  try {
    const note = await reader.text(STATEMENT_FILE);
    return parseStatement(note.slice(0, note.indexOf("\n\n") + 1));
  } catch {
    return null;
  }
}

/** Where the statement, and every root and digest with it, was written anew, the leaves' own signatures still name the record. */
async function locateUnder({ statement, publicKey }: Claim, reader: BundleReader, files: ReadonlySet<string>, holds: Holds<BundleDefence>): Promise<readonly Break[]> {
  const breaks: Break[] = [];
  for (const stated of statement.generations) {
    if (![recordsFile, leavesFile].every((nameOf) => files.has(nameOf(stated.generation)))) continue;
    const locate = async (leafKeys: readonly KeyObject[]): Promise<Break | null> =>
      (await firstUnsigned({ reader, statement, stated, leafKeys, wholeSize: 0, brokenSize: stated.size, holds })).found;
    // The first key alone was given; another that the statement names may be a key of before, or of whoever wrote it anew.
    const found = (await locate(publicKeysOf(statement))) ?? (statement.keys.length > 1 ? await locate([publicKey]) : null);
    if (found !== null) breaks.push(found);
  }
  return breaks;
}

/** Files that are there and shouldn't be, and the other way round. */
function filesAmiss(files: ReadonlySet<string>, statement: ExportStatement): Break[] {
  const { chain, generations } = statement;
  const expected = bundleFiles(generations.map(({ generation }) => generation));
  const missing = expected
    .filter((name) => !files.has(name))
    .map((name): Break => {
      const stated = generations.find(({ generation }) => [recordsFile, leavesFile, checkpointsFile].some((nameOf) => nameOf(generation) === name));
      const seq = stated === undefined || stated.size === 0 ? 0 : 1;
      return { chain, generation: stated?.generation ?? 0, seq, kind: "missing", why: `${name} is not there` };
    });
  const extra = [...files]
    .filter((name) => !expected.includes(name) && !generations.some(({ generation }) => name === cosignedFile(generation)))
    .map((name) => wholeBundle("inserted", `the bundle has a file that no bundle has (${nameLength(name)})`, chain));
  return [...missing, ...extra];
}

/** A stranger's file name isn't shown: a verdict is printed on a terminal, and names can hold anything. */
const nameLength = (name: string): string => `a name of ${name.length} characters`;
