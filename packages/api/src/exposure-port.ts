import type { Grant } from "@sallyport/policy";

/** What is on record of who opened a subject's values. */
export interface OpenedValues {
  readonly principals: readonly { readonly principal: string; readonly count: number; readonly firstMs: number; readonly lastMs: number }[];
  readonly reveals: readonly { readonly atMs: number; readonly principal: string; readonly requestId: string; readonly body: string }[];
}

/** Port: what is on record of who opened a subject's values; of the grant's sites alone. `reveals` are the newest `limit`, newest first. Needs `exposure.read`. */
export interface ExposurePort {
  /** Null where the grant doesn't reach the subject. */
  of(grant: Grant, subject: { readonly id: string; readonly reference: string }, limit: number): Promise<(OpenedValues & { readonly label: string }) | null>;
  /** What the grant's sites have on record of a subject that was there, and may be elsewhere now. */
  openedAt(grant: Grant, reference: string, limit: number): Promise<OpenedValues>;
}
