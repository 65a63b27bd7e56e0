import type { Grant } from "./grant.ts";
import type { Emergency, SiteRef } from "./model.ts";

/** An emergency as stored, open or not. */
export interface EmergencyRow extends Emergency {
  readonly person: string;
  readonly cause: string;
  /** Id of the sealed reason. */
  readonly reason: string;
  readonly ended: { readonly by: string; readonly atMs: number; readonly how: "person" | "administrator" | "stopped" } | null;
  readonly review: { readonly by: string; readonly atMs: number; readonly verdict: "justified" | "not_justified"; readonly comment: string } | null;
}

/** A record of the trail that was made under an emergency: its canonical body, and its MAC in hex. */
export interface EmergencyReadRow {
  readonly chain: string;
  readonly generation: number;
  readonly seq: number;
  readonly mac: string;
  readonly body: string;
}

/** Port: emergencies. None is ever deleted, each is ended once at most and reviewed once. Each change moves the policy's epoch. */
export interface EmergencyStore<Tx> {
  byId(id: string): Promise<EmergencyRow | null>;
  /** A person's one that hasn't been reviewed; null where there is none. */
  unreviewed(person: string): Promise<EmergencyRow | null>;
  /** Of these sites: those that aren't reviewed, and then the others, newest first. */
  at(sites: readonly SiteRef[], limit: number): Promise<readonly EmergencyRow[]>;
  /** For one subject, at the grant's sites, newest first. Needs `exposure.read`. */
  ofSubject(grant: Grant, subject: string): Promise<readonly EmergencyRow[]>;
  /** Reads one and holds it until the transaction ends. */
  lock(tx: Tx, id: string): Promise<EmergencyRow | null>;
  /** Throws `emergency.unreviewed` where the person's last one hasn't been reviewed. */
  open(tx: Tx, row: Omit<EmergencyRow, "ended" | "review">): Promise<void>;
  end(tx: Tx, id: string, ending: NonNullable<EmergencyRow["ended"]>): Promise<void>;
  /** `seen` is the digest of what the reviewer was shown. */
  review(tx: Tx, id: string, review: NonNullable<EmergencyRow["review"]> & { readonly seen: string }): Promise<void>;
  /** What is on record under it in its site's chain, oldest first, as far as the trail goes now. Needs `emergency.review`. */
  reads(grant: Grant, row: EmergencyRow, limit: number): Promise<readonly EmergencyReadRow[]>;
  /** The sealed reason and comment. Needs `emergency.review`. */
  sealed(grant: Grant, row: EmergencyRow): Promise<readonly { readonly id: string; readonly sealed: string; readonly commitment: string }[]>;
}
