import { excerptStatementText, leafHash, lineOf, type SealedRecord, signLeafElsewhere, signNote, statementText, withRun, ZERO_MAC } from "@sallyport/audit";
import { equalHex, hmacHex, sha256Hex } from "@sallyport/crypto";
import { assertDocumentApproved, type DocumentKind, type DocumentRules, signedDocument, signerNamedIn, parseSignCall, type SignAnswer, type SignRequest } from "@sallyport/custody";
import { type AuditEpochs, markId, statedExport } from "@sallyport/custody/incidents";
import type { SigningKeys } from "@sallyport/custody/keys";
import { SallyportError } from "@sallyport/errors";
import type { Checkpoints } from "./checkpoints.ts";
import type { Store } from "./store.ts";
import type { TrailReader } from "./trail-reader.ts";

const LEAVES_MAX = 4096;
/** How far the api's clock may be ahead of ours, and how long writing an excerpt may take. */
const CLOCK_MS = 5000;
const EXCERPT_MS = 3_600_000;
/** Signatures made at a time, on other threads than the one that seals: few enough that a write of the store doesn't wait long behind them. */
const LEAVES_TURN = 64;

export interface Signing {
  readonly store: Store;
  readonly reader: TrailReader;
  readonly checkpoints: Checkpoints;
  readonly epochs: AuditEpochs;
  readonly keys: SigningKeys;
  readonly now: () => number;
  /** SHA-256 of the one policy that may be signed without an approval. */
  readonly starterPolicyDigest: string;
  /** SHA-256 of each profile that may. */
  readonly shippedProfileDigests: readonly string[];
  /** For tests that show what each rule is for. */
  readonly documentRules?: DocumentRules;
}

/** Verb `sign`. @throws `verb.refused` for what isn't committed, was signed otherwise, or needs an approval; `trail.unavailable`. */
export async function sign(signing: Signing, payload: Buffer): Promise<string> {
  const signed = JSON.stringify(await answer(signing, parseSignCall(payload)));
  // No signature leaves before what it was made upon is on disk: the approval's use, the mark, and the turn of its key.
  await signing.store.durable();
  return signed;
}

async function answer(signing: Signing, request: SignRequest): Promise<SignAnswer> {
  switch (request.kind) {
    case "checkpoint": {
      const checkpoints = await signing.checkpoints.sign(request.chains);
      return { notes: checkpoints.map(({ note }) => note), checkpoints };
    }
    case "policy":
    case "profile":
    case "packet":
      return { notes: [await signDocument(signing, request)], checkpoints: [] };
    case "export":
      return signExport(signing, request);
    case "excerpt": {
      const { exportedAt, requestedBy, requestId, records, sha256, vkey } = request;
      const age = signing.now() - Date.parse(exportedAt);
      if (!(age >= -CLOCK_MS && age <= EXCERPT_MS)) throw new SallyportError("verb.refused", { why: "time" });
      const statement = { v: 1 as const, deployment: signing.store.deployment.deployment, exportedAt, requestedBy, requestId, records, sha256 };
      return { notes: [signNote(excerptStatementText(statement), signing.keys.named(vkey).signer)], checkpoints: [] };
    }
    case "leaves":
      return { notes: await signLeaves(signing, request), checkpoints: [] };
  }
}

async function signDocument(signing: Signing, { kind, canonical, statement }: Extract<SignRequest, { kind: DocumentKind }>): Promise<string> {
  const { store, keys, now, documentRules } = signing;
  const { deployment } = store.deployment;
  const digest = sha256Hex(canonical);
  const { signer } = kind === "packet" ? keys.named(signerNamedIn(canonical)) : keys.active();
  const signed = store.get(kind, digest);
  // The same one again gets the same note: its first answer may have been lost on the way. A packet's is made again, to the same bytes, as long as its key signs.
  if (signed !== undefined) return signed.note || signedDocument(kind, deployment, canonical, signer);
  const why =
    statement === null
      ? assertShipped(signing, kind, digest)
      : `approval=${assertDocumentApproved({ store, deployment, now, ...(documentRules !== undefined && { rules: documentRules }) }, { kind, canonical, statement })}`;
  const note = signedDocument(kind, deployment, canonical, signer);
  store.put(kind, digest, { note: kind === "packet" ? "" : note });
  store.record(`${kind}.signed`, `${kind}/${digest.slice(0, 16)}`, why);
  return note;
}

/** What is signed without an approval is part of this program; of policies the first alone. */
function assertShipped({ store, starterPolicyDigest, shippedProfileDigests }: Signing, kind: DocumentKind, digest: string): string {
  const isShipped = kind === "policy" ? digest === starterPolicyDigest && store.all("policy").size === 0 : shippedProfileDigests.includes(digest);
  if (!isShipped) throw new SallyportError("verb.refused", { why: kind });
  return kind === "policy" ? "starter policy, once" : "shipped profile";
}

/** Stands where a leaf's signature would: the record isn't what was sealed at its place, and verifying says so. */
const UNSIGNED = Buffer.alloc(64).toString("base64");

/** Signs the statement of an export: of a chain, or of one closed generation of it. */
async function signExport(signing: Signing, request: Extract<SignRequest, { kind: "export" }>): Promise<SignAnswer> {
  const { store, reader, keys, now } = signing;
  // One key for all of it, whatever step is taken meanwhile.
  const [{ signer, vkey }, behind, handovers] = [keys.active(), keys.behind(), keys.handovers()];
  const { statement, checkpoints } = await statedExport(
    {
      store,
      deployment: store.deployment.deployment,
      keys: behind,
      auditKeyId: signing.epochs.idOf.bind(signing.epochs),
      stored: (chain, generation, above) => readTrail(() => reader.checkpoints(chain, generation, above)),
      signer,
      headAt: (chain, generation, size) => headOf(signing, { chain, generation, from: size, to: size }),
      now,
    },
    request,
  );
  return { notes: [signNote(statementText(statement), signer)], checkpoints, by: { vkey, handovers } };
}

/** The MAC of the record at a signed size below the mark. */
async function headOf(signing: Signing, range: Range): Promise<string> {
  const [head] = range.to === 0 ? [{ mac: ZERO_MAC, isGenuine: true }] : await committed(signing, range);
  if (head?.isGenuine !== true) throw new SallyportError("verb.refused", { why: "altered", chain: range.chain });
  return head.mac;
}

/**
 * One signature for each record that is there; what isn't the record that was sealed at its place gets {@link UNSIGNED}. Of a whole run in which each is, one more
 * over all of them, upon which they may be kept.
 */
async function signLeaves(signing: Signing, request: Extract<SignRequest, { kind: "leaves" }>): Promise<readonly string[]> {
  const { deployment } = signing.store.deployment;
  const { chain, generation, from: first, to } = request;
  const { privateKey } = signing.keys.named(request.vkey).signer;
  const signatures: string[] = [];
  const records = await committed(signing, request);
  for (let from = 0; from < records.length; from += LEAVES_TURN) {
    const turn = records.slice(from, from + LEAVES_TURN).map(({ seq, body, mac, isGenuine }) => {
      const leaf = leafHash(lineOf(body, mac)).toString("hex");
      return isGenuine ? signLeafElsewhere({ deployment, chain, generation, seq, leaf }, privateKey) : Promise.resolve(UNSIGNED);
    });
    signatures.push(...(await Promise.all(turn)));
  }
  return records.every(({ isGenuine }) => isGenuine) ? withRun({ deployment, chain, generation, from: first, to }, signatures, privateKey) : signatures;
}

interface Range {
  readonly chain: string;
  readonly generation: number;
  readonly from: number;
  readonly to: number;
}

/** The records that stand from `from` to `to`, at or below the mark, and whether each is the one that was sealed there. */
async function committed({ store, reader, epochs }: Signing, { chain, generation, from, to }: Range): Promise<readonly (SealedRecord & { readonly isGenuine: boolean })[]> {
  const size = store.get("mark", markId(chain, generation))?.size ?? 0;
  if (from > to || to > size || to - from >= LEAVES_MAX) throw new SallyportError("verb.refused", { why: "range", chain, size });
  const records: SealedRecord[] = [];
  await readTrail(async () => {
    for await (const batch of reader.records(chain, generation, from, to)) records.push(...batch);
  });
  const auditKey = epochs.keyOf(chain, generation);
  const places = (seq: number): readonly string[] => [`,"chain":"${chain}","decision":"`, `,"generation":${generation},"policy":"`, `,"seq":${seq},"site":"`];
  return records.map((record) => {
    const { seq, body, mac } = record;
    return { ...record, isGenuine: places(seq).every((place) => body.includes(place)) && equalHex(hmacHex(auditKey, body), mac) };
  });
}

async function readTrail<T>(read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    throw new SallyportError("trail.unavailable", {}, error);
  }
}
