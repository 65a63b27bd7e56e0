import type { Assignment } from "./model.ts";

/** A service as people look at it, and acts on it lock it. */
export interface ServiceRow {
  readonly principal: string;
  /** The last part of its SPIFFE ID. */
  readonly service: string;
  readonly workload: string;
  readonly status: "active" | "suspended";
  /** Of one that was created by an act; null for one of the first start. */
  readonly created: { readonly title: string; readonly atMs: number } | null;
  readonly leftAtMs: number | null;
  /** The certificate that it was last seen with. */
  readonly seen: { readonly serial: string; readonly notAfterMs: number; readonly atMs: number } | null;
  readonly assignments: readonly Assignment[];
}

/** A request that names a code, as it stands now. */
export interface EnrolmentRequest {
  readonly id: string;
  /** The exact text that was approved, or is to be. */
  readonly statement: string;
  readonly state: string;
}

/** Port: services beside their principals. None is ever removed, and no name is given twice. */
export interface ServiceStore<Tx> {
  list(): Promise<readonly ServiceRow[]>;
  /** Reads a service by its name and holds its principal's row until the transaction ends. */
  lock(tx: Tx, service: string): Promise<ServiceRow | null>;
  /** Adds one without any right; false where the name was given before, to whatever it was. */
  register(tx: Tx, service: { readonly principal: string; readonly service: string; readonly workload: string; readonly title: string; readonly atMs: number }): Promise<boolean>;
  /** Stops a service for good: its tokens are refused, its assignments end. Answers how many ended. */
  leave(tx: Tx, principal: string, atMs: number): Promise<number>;
  /** Withdraws every open request about a service, but for one; answers how many. */
  withdrawAbout(tx: Tx, about: { readonly principal: string; readonly service: string; readonly but: string | null; readonly atMs: number }): Promise<number>;
  /** The newest request that names this code, by its public half. Takes no grant: who asks has proven to hold the code. */
  enrolmentBy(codeKey: string): Promise<EnrolmentRequest | null>;
  /** Keeps with which certificate a service was seen. */
  saw(principal: string, seen: { readonly serial: string; readonly notAfterMs: number; readonly atMs: number }): Promise<void>;
}
