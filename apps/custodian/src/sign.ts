import {
  CheckpointFile,
  checkpointOrigin,
  leafHash,
  lineOf,
  type NoteSigner,
  openNote,
  parseCheckpoint,
  type SealedRecord,
  signLeaf,
  signNote,
  type StatedGeneration,
  statementText,
  ZERO_MAC,
} from "@sallyport/audit";
import { equalHex, hmacHex, sha256Hex } from "@sallyport/crypto";
import {
  assertDocumentApproved,
  type DocumentKind,
  type DocumentRules,
  documentStatement,
  parseSignCall,
  type SignAnswer,
  type SignedCheckpoint,
  type SignRequest,
} from "@sallyport/custody";
import { SallyportError } from "@sallyport/errors";
import type { Checkpoints } from "./checkpoints.ts";
import { auditKeyOf, markId, openGeneration } from "./seal.ts";
import type { Store } from "./store.ts";
import type { TrailReader } from "./trail-reader.ts";

const LEAVES_MAX = 4096;
/** Signatures made before other calls get a turn. */
const LEAVES_TURN = 64;

export interface Signing {
  readonly store: Store;
  readonly reader: TrailReader;
  readonly checkpoints: Checkpoints;
  readonly signer: NoteSigner;
  /** Of the signer. */
  readonly vkey: string;
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
  return JSON.stringify(await answer(signing, parseSignCall(payload)));
}

async function answer(signing: Signing, request: SignRequest): Promise<SignAnswer> {
  switch (request.kind) {
    case "checkpoint": {
      const checkpoints = await signing.checkpoints.sign(request.chains);
      return { notes: checkpoints.map(({ note }) => note), checkpoints };
    }
    case "policy":
    case "profile":
      return { notes: [await signDocument(signing, request)], checkpoints: [] };
    case "export":
      return signExport(signing, request);
    case "leaves":
      return { notes: await signLeaves(signing, request), checkpoints: [] };
  }
}

async function signDocument(signing: Signing, { kind, canonical, statement }: Extract<SignRequest, { kind: DocumentKind }>): Promise<string> {
  const { store, signer, now, documentRules } = signing;
  const { deployment } = store.deployment;
  const digest = sha256Hex(canonical);
  const signed = store.get(kind, digest);
  // The same one again gets the same note: its first answer may have been lost on the way.
  if (signed !== undefined) return signed.note;
  const why =
    statement === null
      ? assertShipped(signing, kind, digest)
      : `approval=${assertDocumentApproved({ store, deployment, now, ...(documentRules !== undefined && { rules: documentRules }) }, { kind, canonical, statement })}`;
  const note = signNote(documentStatement(kind, deployment, canonical), signer);
  store.put(kind, digest, { note });
  store.record(`${kind}.signed`, `${kind}/${digest.slice(0, 16)}`, why);
  await store.durable();
  return note;
}

/** What is signed without an approval is part of this program; of policies the first alone. */
function assertShipped({ store, starterPolicyDigest, shippedProfileDigests }: Signing, kind: DocumentKind, digest: string): string {
  const isShipped = kind === "policy" ? digest === starterPolicyDigest && store.all("policy").size === 0 : shippedProfileDigests.includes(digest);
  if (!isShipped) throw new SallyportError("verb.refused", { why: kind });
  return kind === "policy" ? "starter policy, once" : "shipped profile";
}

/**
 * States each generation as its last stored checkpoint has it; that note must be one of ours, and at or below the mark. The
 * exporter takes the stored checkpoints up to this size, so both make the same file.
 */
async function signExport({ store, reader, signer, vkey, now }: Signing, { chain, requestedBy, requestId }: Extract<SignRequest, { kind: "export" }>): Promise<SignAnswer> {
  const { deployment } = store.deployment;
  const generations: StatedGeneration[] = [];
  const checkpoints: SignedCheckpoint[] = [];
  for (let generation = 1; generation <= openGeneration(store, chain); generation++) {
    const stored = await readTrail(() => reader.checkpoints(chain, generation));
    const last = stored.at(-1);
    if (last === undefined) throw new SallyportError("verb.refused", { why: "no checkpoint", chain });
    const { origin, size, root } = parseCheckpoint(openNote(last.note, vkey));
    if (origin !== checkpointOrigin(deployment, chain, generation)) throw new SallyportError("verb.refused", { why: "other checkpoint", chain });
    const [head] = size === 0 ? [] : await committed(store, reader, { chain, generation, from: size, to: size });
    const file = new CheckpointFile();
    for (const { note } of stored) file.add(note);
    generations.push({
      generation,
      auditKey: store.active("audit").id,
      size,
      root: root.toString("hex"),
      head: head?.mac ?? ZERO_MAC,
      checkpoints: file.count,
      checkpointsSha256: file.sha256(),
    });
    checkpoints.push({ chain, generation, size, root: root.toString("hex"), note: last.note });
  }
  const statement = { v: 1 as const, deployment, chain, generations, keys: [vkey], exportedAt: new Date(now()).toISOString(), requestedBy, requestId };
  return { notes: [signNote(statementText(statement), signer)], checkpoints };
}

async function signLeaves({ store, reader, signer }: Signing, request: Extract<SignRequest, { kind: "leaves" }>): Promise<readonly string[]> {
  const { deployment } = store.deployment;
  const { chain, generation } = request;
  const signatures: string[] = [];
  for (const { seq, body, mac } of await committed(store, reader, request)) {
    signatures.push(signLeaf({ deployment, chain, generation, seq, leaf: leafHash(lineOf(body, mac)).toString("hex") }, signer.privateKey));
    if (signatures.length % LEAVES_TURN === 0) await new Promise((resume) => setImmediate(resume));
  }
  return signatures;
}

/** The records `from` to `to`, all of them, at or below the mark, each with its MAC proven. */
async function committed(
  store: Store,
  reader: TrailReader,
  range: { readonly chain: string; readonly generation: number; readonly from: number; readonly to: number },
): Promise<readonly SealedRecord[]> {
  const { chain, generation, from, to } = range;
  const size = store.get("mark", markId(chain, generation))?.size ?? 0;
  if (from > to || to > size || to - from >= LEAVES_MAX) throw new SallyportError("verb.refused", { why: "range", chain, size });
  const records: SealedRecord[] = [];
  await readTrail(async () => {
    for await (const batch of reader.records(chain, generation, from, to)) records.push(...batch);
  });
  const auditKey = auditKeyOf(store);
  const place = `,"chain":"${chain}","decision":"`;
  const isGenuine = ({ seq, body, mac }: SealedRecord, index: number): boolean =>
    seq === from + index && body.includes(place) && body.includes(`,"seq":${seq},"site":"`) && equalHex(hmacHex(auditKey, body), mac);
  if (records.length !== to - from + 1 || !records.every(isGenuine)) throw new SallyportError("verb.refused", { why: "altered", chain });
  return records;
}

async function readTrail<T>(read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    throw new SallyportError("trail.unavailable", {}, error);
  }
}
