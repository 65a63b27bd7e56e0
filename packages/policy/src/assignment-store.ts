import type { Assignment, LivePrincipal } from "./model.ts";

/** A principal that roles are assigned to, with all that it ever held. */
export interface Assignee extends Pick<LivePrincipal, "id" | "kind" | "person" | "status" | "assignments"> {
  /** Printed and user name of a person, the name of a service. */
  readonly label: string;
}

/** Which assignment of a principal: what it is of, where, and from when. */
export type AssignmentKey = Pick<Assignment, "role" | "study" | "site" | "fromMs">;

/** Port: assignments. None is ever deleted, and one that has ended stays ended. */
export interface AssignmentStore<Tx> {
  find(principal: string): Promise<Assignee | null>;
  /** Reads a principal and holds its row until the transaction ends, so that two acts on its assignments follow each other. */
  lock(tx: Tx, principal: string): Promise<Assignee | null>;
  /** Adds an assignment; false where the principal holds the role there already in a part of that time. */
  assign(tx: Tx, principal: string, assignment: Assignment): Promise<boolean>;
  /** Ends one, at its beginning where that is still to come; false where there is none such that goes on after `atMs`. */
  end(tx: Tx, principal: string, which: AssignmentKey, atMs: number): Promise<boolean>;
}
