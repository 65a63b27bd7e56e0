import type { ChainState, SigningKey, TrailArchive } from "@sallyport/api";
import { type ExportPage, claimsOneOf, fingerprintOf, openNote, parseStatement, SIGNATURE_BYTES, signaturesOf } from "@sallyport/audit";
import type { Custodian, Incident } from "@sallyport/custody";
import type { AnchorStore, CheckpointStore, RecordLines, RecordStore, StoredCheckpoint, TreeStore } from "@sallyport/db";
import { codeOf, SallyportError } from "@sallyport/errors";
import type { Grant } from "@sallyport/policy";
import type { AnchorDesk } from "./anchor-desk.ts";
import { chainVerdict } from "./chain-verdicts.ts";
import type { CustodianWatch } from "./custodian-watch.ts";
import type { LeafDesk } from "./leaf-desk.ts";
import { trailProofs } from "./trail-proofs.ts";

const SIGN_DEADLINE_MS = 20_000;
const NONE = Buffer.alloc(0);
const EMPTY: ExportPage = { lines: NONE, ends: [], signatures: NONE };
const VERIFY_DEADLINE_MS = 120_000;

export interface ArchiveDeps {
  readonly records: RecordStore;
  readonly checkpoints: CheckpointStore;
  readonly custodian: Pick<Custodian, "sign" | "status">;
  readonly watch: CustodianWatch;
  readonly signingKey: () => SigningKey;
  readonly trees: TreeStore;
  readonly leaves: Pick<LeafDesk, "signatures">;
  readonly anchors: AnchorStore;
  readonly desk: Pick<AnchorDesk, "states" | "cosignNow">;
  /** Has the chains of these incidents go on. */
  readonly goOn: (incidents: readonly Incident[]) => Promise<void>;
  /** Display names of principals, by id. */
  readonly names: () => Promise<Readonly<Record<string, string>>>;
}

/** What auditors read, from the store and from the custodian. */
export const trailArchive = (deps: ArchiveDeps): TrailArchive => ({
  ...trailProofs({ ...deps, checkpoint: (chain) => checkpointNow(deps, chain), heard: () => deps.watch.poll(null) }),

  async chains(grant, includeSystem) {
    const names = await deps.records.chains(grant.siteKeys() as readonly `${string}/${string}`[]);
    return Promise.all([...names, ...(includeSystem ? ["system"] : [])].map((chain) => stateOf(deps, chain)));
  },

  async statuses(grants, named) {
    const chains = reachedOf(grants, named);
    const { verdicts, incidents } = deps.watch.status();
    const [standings, anchored] = await Promise.all([deps.checkpoints.standing(chains), deps.desk.states(chains)]);
    return standings.map((standing) => {
      const { checkpointedAtMs, records: _all, ...rest } = standing;
      const incident = incidents.find(({ chain, ended }) => chain === standing.chain && ended === null);
      return {
        ...rest,
        anchors: anchored.get(standing.chain) ?? [],
        checkpointedAt: checkpointedAtMs === null ? null : new Date(checkpointedAtMs).toISOString(),
        ...chainVerdict(verdicts, standing, incident),
      };
    });
  },

  async toVerify(grants, named) {
    return (await deps.checkpoints.standing(reachedOf(grants, named))).map(({ chain, records }) => ({ chain, records }));
  },

  async record(grant, { chain, generation, seq }) {
    const [found] = await deps.records.records(grant, { chain, generation, fromSeq: seq, limit: 1 });
    if (found?.seq !== seq) return null;
    const covering = await deps.checkpoints.covering(chain, generation, seq);
    const checkpoint = covering === null ? null : { size: covering.size, root: covering.root, at: new Date(covering.storedAtMs).toISOString() };
    return { body: found.body, mac: found.mac, prevMac: found.prevMac, checkpoint };
  },

  async openExport(grant, chain, generation) {
    await checkpointNow(deps, chain);
    const asked = { kind: "export" as const, chain, ...(generation !== undefined && { generation }), requestedBy: grant.principal, requestId: grant.requestId };
    const {
      notes,
      checkpoints: stated,
      by,
    } = await deps.custodian.sign(asked, SIGN_DEADLINE_MS).catch((error: unknown) => {
      // The custodian refuses a generation that is open, archived, or behind one that isn't.
      throw generation !== undefined && codeOf(error) === "verb.refused" ? new SallyportError("archive.state", {}, error) : error;
    });
    const [statement] = notes;
    // A generation that an incident closed ends with a checkpoint of its own, which a database that was put back may lack.
    for (const checkpoint of stated) await deps.checkpoints.insert(checkpoint);
    if (statement === undefined || by === undefined) throw new SallyportError("trail.unavailable");
    // Whoever brings what it stated finds the key known here.
    if (by.vkey !== deps.signingKey().vkey) await deps.watch.poll(null);
    // What a bundle ends with should be seen by a witness too, where there is one; where it can't be asked now, the newest that it saw goes along.
    await deps.desk.cosignNow(chain);
    const { vkey, handovers } = by;
    const { generations: said, keys } = parseStatement(openNote(statement, vkey));
    const auditKeys = new Map(said.map((each) => [each.generation, each.auditKey]));
    const generations = await Promise.all(
      stated.map(async (last) => {
        const { generation, size, note } = last;
        const cosigned = await cosignedNote(deps, last, keys);
        return { generation, size, auditKey: auditKeys.get(generation) ?? "", checkpoint: note, ...(cosigned !== null && { cosigned }) };
      }),
    );
    return { statement, generations, vkey, handovers, fingerprint: fingerprintOf(vkey), names: await deps.names() };
  },

  async readCheckpoints(grant, request) {
    grant.assert("trail.export");
    return await deps.checkpoints.page(request);
  },

  async readExport(grant, { chain, generation, from, limit, signed, vkey = deps.signingKey().vkey }) {
    // What isn't checkpointed yet isn't part of any export.
    const checkpointed = (await deps.checkpoints.latest(chain, generation))?.size ?? 0;
    const to = Math.min(checkpointed, from + limit - 1);
    if (to < from) return EMPTY;
    const [page, signatures] = await Promise.all([
      collected(deps.records.lines(grant, { chain, generation, fromSeq: from, toSeq: to })),
      signed ? deps.leaves.signatures(grant, { chain, generation, from, to, size: checkpointed, vkey }) : NONE,
    ]);
    if (!signed || page.ends.length * SIGNATURE_BYTES === signatures.length) return { ...page, signatures };
    // Records are missing here: the custodian signs what is there, reading the same committed rows by its own role.
    const { notes } = await deps.custodian.sign({ kind: "leaves", vkey, chain, generation, from, to }, SIGN_DEADLINE_MS);
    return { ...page, signatures: signaturesOf(notes.slice(0, page.ends.length)) };
  },

  verifying: () => progressIn(deps),

  async verify(_grant: Grant, chains) {
    const { verdicts, incidents } = await deps.custodian.status({ verify: chains }, VERIFY_DEADLINE_MS);
    // The record of having found a break may belong on the very chain.
    await deps.goOn(incidents);
    const asked = chains.includes("*") ? verdicts : verdicts.filter(({ chain }) => chains.includes(chain));
    return asked.map(({ chain, generation, size, at, broken }) => ({ chain, generation, size, at, broken }));
  },
});

function reachedOf(grants: readonly Grant[], named: readonly string[] | null): readonly string[] {
  for (const grant of grants) grant.assert("trail.read", "trail.verify", "trail.export", "trail.review");
  const isOverall = grants.some((grant) => grant.siteKeys().length === 0);
  const reached = new Set(grants.flatMap((grant) => grant.siteKeys().map((key) => `site:${key}`)));
  return named === null ? [...reached, ...(isOverall ? ["system"] : [])] : named.filter((chain) => isOverall || reached.has(chain));
}

function progressIn({ watch }: Pick<ArchiveDeps, "watch">): { readonly chain: string; readonly done: number } | null {
  const { verifying } = watch.status();
  return verifying === null ? null : { chain: verifying.chain, done: verifying.before + verifying.done };
}

/** The newest of an export's checkpoints of a generation that a witness cosigned, with all that cosigned it; null where none did. @param keys - The statement's. */
async function cosignedNote({ anchors, checkpoints }: ArchiveDeps, stated: StoredCheckpoint, keys: readonly string[]): Promise<string | null> {
  const { chain, generation } = stated;
  const size = await anchors.cosigned(chain, generation, stated.size);
  if (size === null) return null;
  const checkpoint = size === stated.size ? stated : await checkpoints.covering(chain, generation, size);
  if (checkpoint?.size !== size || !claimsOneOf(keys)(checkpoint.note)) return null;
  const lines = (await anchors.of(chain, generation, size)).filter(({ kind }) => kind === "witness").map(({ evidence }) => evidence);
  return `${checkpoint.note}${lines.join("")}`;
}

/** All that arrives, as one. */
async function collected(pages: AsyncIterable<RecordLines>): Promise<Pick<ExportPage, "lines" | "ends">> {
  const parts: Buffer[] = [];
  const all: number[] = [];
  let size = 0;
  for await (const { bytes, ends } of pages) {
    for (const end of ends) all.push(size + end);
    parts.push(bytes);
    size += bytes.length;
  }
  return { lines: Buffer.concat(parts, size), ends: all };
}

async function checkpointNow({ custodian, checkpoints }: ArchiveDeps, chain: string): Promise<void> {
  const { checkpoints: fresh } = await custodian.sign({ kind: "checkpoint", chains: [chain] }, SIGN_DEADLINE_MS);
  for (const checkpoint of fresh) await checkpoints.insert(checkpoint);
}

async function stateOf(deps: ArchiveDeps, chain: string): Promise<ChainState> {
  const last = (await deps.records.generations(chain)).at(-1);
  if (last === undefined) return { chain, generation: 0, size: 0, checkpointed: 0 };
  const latest = await deps.checkpoints.latest(chain, last.generation);
  return { chain, generation: last.generation, size: last.size, checkpointed: latest?.size ?? 0 };
}
