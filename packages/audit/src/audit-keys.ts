import type { KeyObject } from "node:crypto";
import { SallyportError } from "@sallyport/errors";

/** Which audit key verifies which generation. Plain enough to be handed to another thread. */
export interface AuditKeys {
  /** Ids of keys, by `<chain> <generation>`. */
  readonly ids: ReadonlyMap<string, string>;
  /** The id of the key of every generation that isn't among them. */
  readonly first: string;
  /** By id; one that was destroyed is missing. */
  readonly keys: ReadonlyMap<string, KeyObject>;
}

/** The id of a generation's key. */
export const auditKeyIdIn = ({ ids, first }: AuditKeys, chain: string, generation: number): string => ids.get(`${chain} ${generation}`) ?? first;

/** A generation's key. @throws `keys.unavailable` where it was destroyed. */
export function auditKeyIn(keys: AuditKeys, chain: string, generation: number): KeyObject {
  const id = auditKeyIdIn(keys, chain, generation);
  const key = keys.keys.get(id);
  if (key === undefined) throw new SallyportError("keys.unavailable", { key: id });
  return key;
}

/** One key for every generation. */
export const oneAuditKey = (key: KeyObject, id = "audit-1"): AuditKeys => ({ ids: new Map(), first: id, keys: new Map([[id, key]]) });
