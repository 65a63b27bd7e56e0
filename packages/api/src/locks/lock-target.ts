import type { LockTarget } from "@sallyport/contracts";
import type { Lock } from "@sallyport/policy";
import type { z } from "zod";

export type Target = z.output<typeof LockTarget>;

/** A target as it is stored. */
export function storedTarget(target: Target): Pick<Lock, "kind" | "target"> {
  switch (target.kind) {
    case "person":
      return { kind: target.kind, target: target.personId };
    case "workload":
      return { kind: target.kind, target: target.workload };
    case "token":
      return { kind: target.kind, target: target.jti };
    case "role":
      return { kind: target.kind, target: target.role };
    case "site":
      return { kind: target.kind, target: `${target.study}/${target.site}` };
  }
}

/** A stored target as the contracts show it. */
export function shownTarget({ kind, target }: Pick<Lock, "kind" | "target">): Target {
  switch (kind) {
    case "person":
      return { kind, personId: target };
    case "workload":
      return { kind, workload: target };
    case "token":
      return { kind, jti: target };
    case "role":
      return { kind, role: target };
    case "site": {
      const [study = "", site = ""] = target.split("/");
      return { kind, study, site };
    }
  }
}
