import { canonicalJson, type DataKey, equalHex, hmacHex } from "@sallyport/crypto";
import { SallyportError } from "@sallyport/errors";

/** What a cursor is good for: one caller, one list, one filter. */
export interface CursorScope {
  readonly principal: string;
  readonly list: string;
  readonly filter: Readonly<Record<string, string | undefined>>;
}

const macOf = (key: DataKey, scope: CursorScope, after: string): string => {
  const filter = Object.fromEntries(Object.entries(scope.filter).filter(([, value]) => value !== undefined));
  return hmacHex(key.key, canonicalJson({ principal: scope.principal, list: scope.list, filter, after }));
};

/** Makes a cursor: the place after which the next page begins, and a MAC over it and its scope. */
export const sealCursor = (key: DataKey, scope: CursorScope, after: string): string => `${Buffer.from(after).toString("base64url")}.${macOf(key, scope, after)}`;

/** Opens a cursor. Throws `input.cursor` for one that was altered, or made for another caller, list or filter. */
export function openCursor(key: DataKey, scope: CursorScope, cursor: string): string {
  const [encoded = "", mac = "", ...rest] = cursor.split(".");
  const after = Buffer.from(encoded, "base64url").toString();
  if (rest.length > 0 || !equalHex(mac, macOf(key, scope, after))) throw new SallyportError("input.cursor");
  return after;
}
