import type { FieldValue } from "./dataset.ts";

/** Characters of a path at most, and what an element's name may be: FHIR's own, with `_` before it for what goes with a primitive. */
const PATH_MAX = 128;
const ELEMENT = /^_?[A-Za-z][A-Za-z0-9]*$/;
/** Says what the resource is; the domain says that already. */
const TYPE = "resourceType";

/**
 * A resource as variables: each value under the path of its elements, joined by dots, the place of an element in its list (from 0) being one
 * of them: `name.0.given.1` (docs/spec/profile-v1.md §4). `resourceType` isn't one of them, and a null in a list, which holds the place of a
 * value that isn't given, is none.
 *
 * @param fault - Told what makes the resource none that can be taken; it names no value and no element.
 */
export function flattenResource(resource: object, fault: (why: string) => void): ReadonlyMap<string, FieldValue> {
  const variables = new Map<string, FieldValue>();
  const put = (path: string, value: unknown, isInList: boolean): void => {
    if (path.length > PATH_MAX) return fault("a path longer than 128 characters");
    if (value === null) return isInList ? undefined : fault("a null, which FHIR has in lists alone");
    if (typeof value !== "object") {
      variables.set(path, value as FieldValue);
      return;
    }
    const members = Array.isArray(value) ? value.entries() : Object.entries(value);
    let isEmpty = true;
    for (const [name, member] of members) {
      isEmpty = false;
      if (typeof name === "string" && !ELEMENT.test(name)) fault("an element's name that FHIR doesn't have");
      else put(`${path}.${name}`, member, typeof name === "number");
    }
    if (isEmpty) fault("an empty list or object, which FHIR doesn't have");
  };
  for (const [name, member] of Object.entries(resource)) {
    if (name === TYPE) continue;
    if (ELEMENT.test(name)) put(name, member, false);
    else fault("an element's name that FHIR doesn't have");
  }
  return variables;
}
