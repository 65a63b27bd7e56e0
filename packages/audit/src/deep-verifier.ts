import type { KeyObject } from "node:crypto";
import { hmacHex } from "@sallyport/crypto";
import { BreakJudge, type KnownExhibit } from "./break-judge.ts";
import { asFound, type DeepDefence, type Holds } from "./defence.ts";
import type { AuditRecord, Break, BreakKind, SealedRecord } from "./model.ts";
import { parseBody, ZERO_MAC } from "./record-encoding.ts";

/** As it stands in a body; a quote inside a value is escaped, so no value holds this text. */
const PREV_MAC = ',"prev_mac":"';

/** What the custodian remembers of a generation from outside the database: it had this MAC at this size. */
export interface Mark {
  readonly size: number;
  readonly mac: string;
}

/** One generation, and how to check it. */
export interface DeepVerification {
  readonly deployment: string;
  readonly chain: string;
  readonly generation: number;
  /** The generation's audit key. */
  readonly auditKey: KeyObject;
  /** High-water pins, in any order. Without any, a deleted tail can't be told from a short log. */
  readonly marks: readonly Mark[];
  /** Where an earlier verification ended: the records from the next one on are pushed. From the first if absent. */
  readonly after?: Mark;
}

/**
 * Verifies a generation with its audit key and names the first bad record and the kind.
 *
 * Push the records in the order of their `seq`, then call {@link DeepVerifier.end}. While all is well a record costs one HMAC and a
 * few searches in its text: a body that authenticates is one that the encoder made, so it isn't parsed. Memory is constant.
 */
export class DeepVerifier {
  readonly #of: DeepVerification;
  readonly #marks: readonly Mark[];
  readonly #holds: Holds<DeepDefence>;
  readonly #chainText: string;
  readonly #deploymentText: string;
  readonly #generationText: string;
  #size: number;
  #mac: string;
  /** What the last whole record cites; as in `#mac`, 64 zeros before the first. */
  #citedMac = ZERO_MAC;
  #nextMark = 0;
  /** Size of the next mark; 0 after the last. */
  #markedSize = 0;
  #judge: BreakJudge | null = null;
  #break: Break | null = null;

  constructor(of: DeepVerification, holds: Holds<DeepDefence> = asFound) {
    this.#of = of;
    this.#holds = holds;
    this.#size = of.after?.size ?? 0;
    this.#mac = of.after?.mac ?? ZERO_MAC;
    this.#marks = of.marks.filter(({ size }) => size > 0).sort((a, b) => a.size - b.size);
    this.#markedSize = this.#marks[0]?.size ?? 0;
    this.#chainText = `,"chain":${JSON.stringify(of.chain)},"decision":"`;
    this.#deploymentText = `,"deployment":"${of.deployment}","detail":"`;
    this.#generationText = `,"generation":${of.generation},"policy":"`;
  }

  /** Records that were found whole so far. */
  get size(): number {
    return this.#size;
  }

  /** The MAC of the last record that was found whole; 64 zeros before the first. */
  get mac(): string {
    return this.#mac;
  }

  /**
   * Takes in the next record. Answers the first break as soon as its kind is certain; a deletion, for one, is told from an exchange
   * only when the lost record hasn't turned up by the end.
   */
  push(record: SealedRecord): Break | null {
    if (this.#break !== null) return this.#break;
    if (this.#judge !== null) {
      this.#judge.observe(this.#exhibit(record));
      return this.#settle();
    }
    if (!this.#isWhole(record)) {
      this.#judge = this.#openCase(record);
      return this.#settle();
    }
    this.#citedMac = this.#mac;
    this.#size += 1;
    this.#mac = record.mac;
    return this.#size === this.#markedSize ? this.#checkMarks() : null;
  }

  /**
   * Says that there are no more records, and answers the first break or null.
   *
   * @param head - The chain's head as the store says it, read in the same snapshot as the records; it tells rows that were deleted
   * (`truncated`) from a store that was put back as a whole (`rolled back`).
   */
  end(head?: Mark): Break | null {
    if (this.#break !== null) return this.#break;
    if (this.#judge !== null) {
      const { seq, kind, why } = this.#judge.conclude();
      return this.#report(seq, kind, why);
    }
    const signed = this.#marks.at(-1)?.size ?? 0;
    if (!this.#holds("mark", this.#size >= signed)) {
      const isConsistent = head !== undefined && head.size === this.#size && head.mac === this.#mac;
      return isConsistent
        ? this.#report(this.#size + 1, "rolled back", `the store ends at ${this.#size} and says so, but ${signed} records were signed`)
        : this.#report(this.#size + 1, "truncated", `the records end at ${this.#size}, but ${signed} were signed`);
    }
    if (head === undefined || this.#holds("head", head.size === this.#size && head.mac === this.#mac)) return null;
    if (head.size > this.#size) return this.#report(this.#size + 1, "truncated", `the records end at ${this.#size}, but the head is at ${head.size}`);
    if (head.size < this.#size) return this.#report(head.size + 1, "rolled back", `the head is at ${head.size}, but there are ${this.#size} records`);
    return this.#report(head.size, "altered", `the head cites another record ${head.size} than the one here`);
  }

  /**
   * The members that place a record are looked for in the order in which they stand, each from where the last was found, so a body
   * is passed over once. Plain comparison of MACs: a guess costs its maker an incident, so there is nothing to learn from time.
   */
  #isWhole(record: SealedRecord): boolean {
    const { body } = record;
    const seq = this.#size + 1;
    const { generation, chain, auditKey } = this.#of;
    const isBeside = record.seq === seq && record.prevMac === this.#mac && record.generation === generation && record.chain === chain;
    if (!this.#holds("columns", isBeside)) return false;
    const chainAt = body.indexOf(this.#chainText);
    const deploymentAt = chainAt === -1 ? -1 : body.indexOf(this.#deploymentText, chainAt);
    const generationAt = deploymentAt === -1 ? -1 : body.indexOf(this.#generationText, deploymentAt);
    if (!this.#holds("origin", generationAt !== -1)) return false;
    const citedAt = body.indexOf(PREV_MAC, generationAt) + PREV_MAC.length;
    if (!this.#holds("link", body.startsWith(this.#mac, citedAt))) return false;
    if (!this.#holds("seq", body.indexOf(`,"seq":${seq},"site":"`, citedAt + ZERO_MAC.length) !== -1)) return false;
    return this.#holds("mac", hmacHex(auditKey, body) === record.mac);
  }

  #checkMarks(): Break | null {
    let mark = this.#marks[this.#nextMark];
    while (mark?.size === this.#size) {
      if (!this.#holds("mark", mark.mac === this.#mac)) return this.#report(this.#size, "rolled back", `record ${this.#size} is not the one that was signed as the head`);
      this.#nextMark += 1;
      mark = this.#marks[this.#nextMark];
    }
    this.#markedSize = mark?.size ?? 0;
    return null;
  }

  #openCase(record: SealedRecord): BreakJudge {
    const seq = this.#size + 1;
    return new BreakJudge({
      seq,
      prevMac: this.#mac,
      before: seq === 1 ? null : { prevMac: this.#citedMac },
      found: this.#exhibit(record),
      signedSize: this.#marks.at(-1)?.size ?? 0,
      pinnedMac: this.#marks.find(({ size }) => size === seq)?.mac ?? null,
    });
  }

  #exhibit({ body, mac }: SealedRecord): KnownExhibit {
    let claims: AuditRecord;
    try {
      claims = parseBody(body);
    } catch {
      return { reads: "unreadable", seq: 0, prevMac: "", mac, genuine: false };
    }
    const { deployment, chain, generation } = this.#of;
    const isOurs = claims.deployment === deployment && claims.chain === chain && claims.generation === generation;
    const genuine = hmacHex(this.#of.auditKey, body) === mac;
    return { reads: isOurs ? "ours" : "foreign", seq: claims.seq, prevMac: claims.prev_mac, mac, genuine };
  }

  #settle(): Break | null {
    const settled = this.#judge?.settled ?? null;
    return settled === null ? null : this.#report(settled.seq, settled.kind, settled.why);
  }

  #report(seq: number, kind: BreakKind, why: string): Break {
    this.#break = { chain: this.#of.chain, generation: this.#of.generation, seq, kind, why };
    return this.#break;
  }
}
