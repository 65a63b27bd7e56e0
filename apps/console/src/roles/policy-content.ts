import { ROLE_NAME } from "@sallyport/policy/role-name";
import type { OutputOf } from "../api/procedures.ts";

export type CurrentPolicy = OutputOf<"policy.current">;
export type PolicyContent = CurrentPolicy["policy"]["content"];
export type Grant = PolicyContent["grants"][number];
export type Role = PolicyContent["roles"][number];
export type Proposal = OutputOf<"policy.proposal">;
export type ProposalRow = Proposal["proposal"];
export type PolicyChange = Proposal["difference"][number];

/** An act on a type of thing: a row of the matrix. */
export interface Act {
  readonly action: string;
  readonly resource: string;
}

/** A cell of the matrix. */
export interface CellPlace extends Act {
  readonly role: string;
}

export const actKey = ({ action, resource }: Act): string => `${action} ${resource}`;
/** `role action resource`; none of the three has a space. */
export const cellKey = ({ role, action, resource }: CellPlace): string => `${role} ${action} ${resource}`;

/** Reads {@link cellKey}'s text, or what a link holds with `~` between; null for anything else. */
export function cellIn(text: string | null): CellPlace | null {
  const [, role = "", action = "", resource = ""] = /^(\w+)[ ~]([a-z_]{1,40}\.[a-z_]{1,40})[ ~]([a-z_]{1,40})$/.exec(text ?? "") ?? [];
  return ROLE_NAME.test(role) ? { role, action, resource } : null;
}

export type FieldStanding = "readable" | "masked" | "hidden";

/** How a grant shows a class of fields. What no list names is hidden. */
export const standingOf = ({ fields }: Pick<Grant, "fields">, fieldClass: string): FieldStanding =>
  fields?.readable.includes(fieldClass) === true ? "readable" : fields?.masked.includes(fieldClass) === true ? "masked" : "hidden";

const listed = (values: readonly string[]): string => values.join(", ");

/** What a cell says, in words: for who doesn't see it, and for the one that is open. */
export function grantText(grant: Grant | undefined, fieldClasses: readonly string[]): string {
  if (grant === undefined) return "denied";
  const hidden = fieldClasses.filter((one) => standingOf(grant, one) === "hidden");
  return [
    "allowed",
    ...(grant.conditions === undefined ? [] : ["only with a passkey"]),
    ...(grant.fields === undefined
      ? []
      : [
          ...(grant.fields.readable.length > 0 ? [`reads ${listed(grant.fields.readable)}`] : []),
          ...(grant.fields.masked.length > 0 ? [`masks ${listed(grant.fields.masked)}`] : []),
          ...(hidden.length > 0 ? [`hides ${listed(hidden)}`] : []),
        ]),
  ].join("; ");
}

/** Whether two lists, neither of which names a thing twice, name the same things. */
export const isSameList = (a: readonly string[], b: readonly string[]): boolean => a.length === b.length && a.every((one) => b.includes(one));
