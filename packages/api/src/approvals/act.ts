import type { ApprovalKind } from "@sallyport/contracts";
import type { Action, Grant } from "@sallyport/policy";
import type { z } from "zod";
import type { Right } from "../boundary/decide-crossing.ts";
import type { Detail } from "../boundary/trace.ts";
import type { Effect } from "./effect.ts";

/** Who asked. */
export interface Asker {
  readonly principal: string;
  readonly person: string;
  readonly printedName: string;
}

/** A request that the last approval it needed was just given to. */
interface Approved {
  readonly id: string;
  readonly requestedByPerson: string;
  /** The principal who gave that approval. */
  readonly approvedBy: string;
  /** Id of the sealed reason that it was asked for with. */
  readonly reason: string;
  /** The exact text that was approved. */
  readonly statement: string;
  /** Digest of the statement where the custodian verified every approval of it; null where one is the server's word alone. */
  readonly verifiedDigest: string | null;
}

/** What a payload may hold (docs/spec/approval-v1.md §1): no PHI, and nothing that nests. */
export type Payload = Readonly<Record<string, string | readonly string[]>>;

/** A kind of act that needs two people: who may ask, who may approve, what exactly it does. */
export interface ApprovalAct<Tx, P extends Payload = Payload> {
  readonly kind: ApprovalKind;
  readonly ask: Right;
  /** What its effect is to an incident, where asking for it is less: nothing is approved that the incident would stop. */
  readonly comesTo?: Action;
  /** Whether the right to ask need hold at some site only: for what everybody may ask for themselves, and may look at and withdraw again. */
  readonly isAskedAnywhere?: true;
  readonly approve: Right;
  /** Whether it is the whole study's: who approves needs the right at each of its sites. */
  readonly isStudyWide?: true;
  /** How many others have to approve: at least one. */
  readonly needed: number;
  /** How long a request stays open, in milliseconds. */
  readonly openForMs: number;
  /** How long its requester may use what was approved, in milliseconds; null where nothing is left to be used. */
  readonly usableForMs: number | null;
  /** Where the custodian acts upon the approval by itself, each has to be by a passkey that it took in by itself; otherwise null. */
  readonly onlyBy: "proven_passkey" | null;
  readonly payload: z.ZodType<P>;
  /** The person that it is about, who may not decide on it; null where it is about nobody who is there yet. */
  readonly concerns: (payload: P) => string | null;
  /**
   * What it would do now. It locks all that it rests on until the transaction ends, so that what is shown to be done is what
   * {@link perform} then does.
   */
  readonly effect: (tx: Tx, grant: Grant, payload: P, asker: Asker) => Promise<Effect>;
  /** Does it, in the transaction of the last approval; null for what its requester does afterwards. Answers what the record adds. */
  readonly perform: ((tx: Tx, payload: P, approved: Approved) => Promise<Detail>) | null;
}
