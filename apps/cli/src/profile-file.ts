import { readFileSync } from "node:fs";
import { join } from "node:path";

/** Whether the supervisor wrote down that a profile was revoked; its key is gone then. */
export function isRevoked(home: string, name: string): boolean {
  try {
    const value: unknown = JSON.parse(readFileSync(join(home, "revoked.json"), "utf8"));
    return typeof value === "object" && value !== null && "profiles" in value && Array.isArray(value.profiles) && value.profiles.includes(name);
  } catch {
    return false;
  }
}

/** What a profile's folder says of its workload, or null where it can't be read. */
export function readProfileFile(home: string, name: string): { readonly workload: string } | null {
  try {
    const value: unknown = JSON.parse(readFileSync(join(home, "profiles", name, "profile.json"), "utf8"));
    return typeof value === "object" && value !== null && "workload" in value && typeof value.workload === "string" ? { workload: value.workload } : null;
  } catch {
    return null;
  }
}
