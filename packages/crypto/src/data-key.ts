import type { KeyObject } from "node:crypto";

/** A key under which values are sealed, with the name that stands in every sealed value. 32 bytes. */
export interface DataKey {
  /** `<context id>-<generation>`: letters, digits, `_` and `-`, at most 64. */
  readonly id: string;
  readonly key: KeyObject;
}

const KEY_ID = /^[A-Za-z0-9_-]{1,64}$/;

/** Whether a text can name a key in a stored value: it never holds the separator `.`, nor anything that a path or SQL would read. */
export const isKeyId = (id: string): boolean => KEY_ID.test(id);
