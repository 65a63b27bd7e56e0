import {
  encodeRecord,
  GENERATION_OPEN,
  type Head,
  openingDetail,
  type RecordDraft,
  rowBytes,
  type SealAnswer,
  type SealBatch,
  type SealedRecord,
  ZERO_MAC,
} from "@sallyport/audit";
import type { Archival } from "@sallyport/audit";
import type { Custodian, SignedCheckpoint } from "@sallyport/custody";
import type { Archived } from "@sallyport/custody/incidents";
import type { TrailReader } from "../src/trail-reader.ts";

/** A trail in memory: what was committed, and what a test then does to it. */
export class MemoryTrail implements TrailReader {
  readonly byChain = new Map<string, SealedRecord[]>();
  readonly stored: SignedCheckpoint[] = [];
  /** Where closed generations ended. */
  readonly closed: Head[] = [];
  /** Chains whose head is at the beginning of a generation. */
  readonly begun = new Map<string, number>();
  readonly subjects = new Set<string>();
  /** How many data keys are committed under each key-encryption key. */
  readonly wrapped = new Map<string, number>();
  /** What the database says was archived and removed. */
  readonly removed: Archival[] = [];
  /** What a removal does; a test has it fail, or end in the middle. */
  removal = (archived: Archived): Promise<void> => Promise.resolve(this.take(archived));
  isAway = false;
  /** The deployment that the database says it belongs to. */
  owner: string | null = null;

  async *records(chain: string, generation: number, fromSeq: number, toSeq: number): AsyncGenerator<readonly SealedRecord[]> {
    this.#assertHere();
    const rows = (this.byChain.get(chain) ?? []).filter((row) => row.generation === generation && row.seq >= fromSeq && row.seq <= toSeq);
    for (let at = 0; at < rows.length; at += 3) yield await Promise.resolve(rows.slice(at, at + 3));
  }

  async *rowBytes(...range: Parameters<MemoryTrail["records"]>): AsyncGenerator<Buffer> {
    for await (const records of this.records(...range)) yield rowBytes(records);
  }

  heads(): Promise<Head[]> {
    this.#assertHere();
    return Promise.resolve([...this.byChain].filter(([chain, rows]) => rows.length > 0 || this.begun.has(chain)).map(([chain]) => this.head(chain)));
  }

  closings(): Promise<Head[]> {
    this.#assertHere();
    return Promise.resolve([...this.closed]);
  }

  archivals(): Promise<readonly Archival[]> {
    this.#assertHere();
    return Promise.resolve([...this.removed]);
  }

  async remove(archived: Archived): Promise<void> {
    await this.removal(archived);
  }

  /** Removes an archived generation's records, as the database does. */
  take({ chain, generation, size, mac, manifest }: Archived): void {
    if (this.removed.some((each) => each.chain === chain && each.generation === generation)) return;
    this.byChain.set(
      chain,
      this.rows(chain).filter((row) => row.generation !== generation),
    );
    this.removed.push({ chain, generation, size, mac, manifest });
  }

  deployment(): Promise<string | null> {
    this.#assertHere();
    return Promise.resolve(this.owner);
  }

  subjectExists(id: string): Promise<boolean> {
    this.#assertHere();
    return Promise.resolve(this.subjects.has(id));
  }

  async wraps(): Promise<ReadonlyMap<string, number>> {
    await Promise.resolve();
    this.#assertHere();
    return this.wrapped;
  }

  /** A page of two, so that whoever reads them goes on. */
  checkpoints(chain: string, generation: number, above: number): Promise<SignedCheckpoint[]> {
    return Promise.resolve(this.stored.filter((each) => each.chain === chain && each.generation === generation && each.size > above).slice(0, 2));
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  rows(chain: string): SealedRecord[] {
    return this.byChain.get(chain) ?? [];
  }

  head(chain: string): Head {
    const generation = this.begun.get(chain) ?? 1;
    const last = this.rows(chain).findLast((row) => row.generation === generation);
    return { chain, generation, seq: last?.seq ?? 0, mac: last?.mac ?? ZERO_MAC };
  }

  /** Moves a chain's head to the beginning of a generation, as the database does. */
  begin(chain: string, generation: number): void {
    this.closed.push(this.head(chain));
    this.begun.set(chain, generation);
  }

  /** Seals and commits the record that opens the generation in which the head is, after this position. */
  async open(custodian: Custodian, deployment: string, chain: string, previous: Omit<Head, "chain">): Promise<void> {
    await this.append(custodian, deployment, chain, 1, (draft) => ({ ...draft, action: GENERATION_OPEN, detail: openingDetail(previous) }));
  }

  /** Seals and commits so many more records, as the api does. */
  async append(custodian: Custodian, deployment: string, chain: string, count: number, change: (draft: RecordDraft) => RecordDraft = (draft) => draft): Promise<void> {
    const head = this.head(chain);
    const drafts = Array.from({ length: count }, (_, index) => change(draftOf(chain, head.seq + index + 1)));
    const [answer] = await custodian.seal([{ head, drafts }], 2000);
    if (answer !== undefined) this.commit(deployment, { head, drafts }, answer);
  }

  /** Commits what was sealed. */
  commit(deployment: string, { head, drafts }: SealBatch, answer: SealAnswer): void {
    const { chain, generation } = head;
    let prevMac = head.mac;
    drafts.forEach((draft, index) => {
      const seq = head.seq + index + 1;
      const mac = answer.macs[index] ?? "";
      const body = encodeRecord(draft, { deployment, generation, seq, timestampUtc: answer.timestampUtc, prevMac });
      this.byChain.set(chain, [...this.rows(chain), { chain, generation, seq, prevMac, mac, body }]);
      prevMac = mac;
    });
  }

  /** As it is now, for another custodian. */
  copy(): MemoryTrail {
    const copy = new MemoryTrail();
    for (const [chain, rows] of this.byChain) copy.byChain.set(chain, rows);
    for (const [chain, generation] of this.begun) copy.begun.set(chain, generation);
    copy.closed.push(...this.closed);
    copy.removed.push(...this.removed);
    copy.stored.push(...this.stored);
    copy.owner = this.owner;
    return copy;
  }

  #assertHere(): void {
    if (this.isAway) throw new Error("connection refused");
  }
}

export const draftOf = (chain: string, n: number): RecordDraft => ({
  chain,
  principal: "svc_reviewer",
  role: "clinical_reviewer",
  workload: "reviewer",
  action: "subject.read",
  resource: `subject/${n}`,
  site: "S/701",
  decision: "allow",
  reason: 'the "quoted" \\ reason',
  request_id: `req_${n}`,
  policy: "v1:0123456789abcdef",
  detail: "-",
});
