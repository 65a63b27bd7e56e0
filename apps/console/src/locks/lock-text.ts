import type { InputOf, OutputOf } from "../api/procedures.ts";

export type Lock = OutputOf<"locks.list">["locks"][number];
export type LockTarget = InputOf<"locks.set">["target"];
export type LockKind = LockTarget["kind"];

/** What each kind of lock stops, and what that means. */
export const KIND_TEXT: Readonly<Record<LockKind, { readonly name: string; readonly effect: string }>> = {
  person: { name: "Person", effect: "Every session of theirs ends and every token stops within a second, and they can't sign in, with whatever account." },
  workload: { name: "Service", effect: "Its requests are refused within a second. Its certificate stays as it is." },
  token: { name: "Token", effect: "This one token opens nothing any more within a second; whoever had it may get another." },
  role: { name: "Role", effect: "Nobody holds it any more, wherever it is assigned, within a second." },
  site: { name: "Site", effect: "Nothing is done there within a second: what is on record can still be read, verified and exported." },
};

export const LOCK_KINDS = ["person", "workload", "token", "role", "site"] as const satisfies readonly LockKind[];

/** Whether two targets are the same. */
export function isTarget(one: LockTarget, other: LockTarget): boolean {
  return targetKey(one) === targetKey(other);
}

function targetKey(target: LockTarget): string {
  switch (target.kind) {
    case "person":
      return `person ${target.personId}`;
    case "workload":
      return `workload ${target.workload}`;
    case "token":
      return `token ${target.jti}`;
    case "role":
      return `role ${target.role}`;
    case "site":
      return `site ${target.study}/${target.site}`;
  }
}

/** The target that a choice's id names; null where it names none. */
export function targetOf(kind: LockKind, id: string): LockTarget | null {
  const text = id.trim();
  if (text === "") return null;
  switch (kind) {
    case "person":
      return { kind, personId: text };
    case "workload":
      return { kind, workload: text };
    case "token":
      return /^[A-Za-z0-9_-]{1,64}$/.test(text) ? { kind, jti: text } : null;
    case "role":
      return { kind, role: text };
    case "site": {
      const [study = "", site = ""] = text.split("/");
      return { kind, study, site };
    }
  }
}
