import { type Document, isMap, isScalar, isSeq, parseDocument, YAMLMap, YAMLSeq } from "yaml";
import { actKey, type CellPlace, cellKey, type Grant, isSameList } from "./policy-content.ts";

/** What a policy's tests expect of a cell (docs/spec/policy-v1.md §8); null where they don't list it, and expect it to be denied. */
export interface Statement {
  readonly readable: readonly string[];
  readonly masked: readonly string[];
  readonly signedInBy: "passkey" | null;
}

/** A cell of which a policy says something else than before. */
export interface CellChange {
  readonly place: CellPlace;
  readonly before: Grant | undefined;
  readonly after: Grant | undefined;
}

const statementOf = (grant: Grant | undefined): Statement | null =>
  grant === undefined ? null : { readable: grant.fields?.readable ?? [], masked: grant.fields?.masked ?? [], signedInBy: grant.conditions?.signedInBy ?? null };

const isSame = (a: Statement | null, b: Statement | null): boolean =>
  a === null || b === null ? a === b : a.signedInBy === b.signedInBy && isSameList(a.readable, b.readable) && isSameList(a.masked, b.masked);

/** Whether the tests expect of a cell exactly what a grant gives. */
export const isExpected = (statement: Statement | null, grant: Grant | undefined): boolean => isSame(statement, statementOf(grant));

const textsOf = (value: unknown): readonly string[] => (Array.isArray(value) ? value.filter((one) => typeof one === "string") : []);

/** One item of a role's list: the act, and what is expected of it. Null for what isn't of that form. */
function readItem(item: unknown): { readonly act: string; readonly statement: Statement } | null {
  if (isScalar(item)) return typeof item.value === "string" ? { act: item.value, statement: { readable: [], masked: [], signedInBy: null } } : null;
  const [pair, ...more] = isMap(item) ? item.items : [];
  if (pair === undefined || more.length > 0 || !isScalar(pair.key) || typeof pair.key.value !== "string") return null;
  const given = isMap(pair.value) ? (pair.value.toJSON() as Readonly<Record<string, unknown>>) : {};
  return {
    act: pair.key.value,
    statement: { readable: textsOf(given["readable"]), masked: textsOf(given["masked"]), signedInBy: given["signedInBy"] === "passkey" ? "passkey" : null },
  };
}

const parsed = (text: string): Document | null => {
  const document = parseDocument(text, { uniqueKeys: true, merge: false, customTags: [], logLevel: "silent", prettyErrors: false });
  return document.errors.length === 0 && (isMap(document.contents) || document.contents === null) ? document : null;
};

function listOf(document: Document, role: string): YAMLSeq | null {
  const list = document.getIn(["allowed", role], true);
  return isSeq(list) ? list : null;
}

/** What tests expect of each cell that they list; null where the text isn't such a document. */
export function statementsOf(text: string): ReadonlyMap<string, Statement> | null {
  const document = parsed(text);
  if (document === null) return null;
  const allowed = document.get("allowed");
  const roles = isMap(allowed) ? allowed.items.flatMap(({ key }) => (isScalar(key) && typeof key.value === "string" ? [key.value] : [])) : [];
  return new Map(
    roles.flatMap((role) =>
      (listOf(document, role)?.items ?? []).flatMap((item) => {
        const read = readItem(item);
        return read === null ? [] : [[`${role} ${read.act}`, read.statement] as const];
      }),
    ),
  );
}

function itemFor(document: Document, act: string, { readable, masked, signedInBy }: Statement, hasFields: boolean): unknown {
  if (!hasFields && signedInBy === null) return document.createNode(act);
  const said = document.createNode({ ...(hasFields && { readable, masked }), ...(signedInBy !== null && { signedInBy }) }, { flow: true });
  const item = new YAMLMap();
  item.set(document.createNode(act), said);
  return item;
}

/**
 * The tests with their list of what is allowed brought along with changes of the policy, where that is plainly what was meant: where they expected what
 * the cell was, they expect what it is. Whatever else they say, comments too, stays as it is written; a text that can't be read stays whole.
 */
export function inStep(text: string, changes: readonly CellChange[]): string {
  const document = changes.length === 0 ? null : parsed(text);
  if (document === null) return text;
  let isTouched = false;
  for (const { place, before, after } of changes) {
    const act = actKey(place);
    const list = listOf(document, place.role);
    const at = list?.items.findIndex((item) => readItem(item)?.act === act) ?? -1;
    const stated = at === -1 ? null : (readItem(list?.items[at])?.statement ?? null);
    const wanted = statementOf(after);
    if (!isExpected(stated, before) || isSame(stated, wanted)) continue;
    isTouched = true;
    if (wanted === null) {
      list?.delete(at);
      continue;
    }
    const item = itemFor(document, act, wanted, after?.fields !== undefined);
    if (list === null) {
      const begun = new YAMLSeq();
      begun.add(item);
      document.setIn(["allowed", place.role], begun);
    } else if (at === -1) list.add(item);
    else list.set(at, item);
  }
  return isTouched ? document.toString({ lineWidth: 0 }) : text;
}

/** Every cell at which two sets of grants differ. */
export function changesBetween(before: ReadonlyMap<string, Grant>, after: ReadonlyMap<string, Grant>): readonly CellChange[] {
  return [...new Set([...before.keys(), ...after.keys()])].flatMap((key) => {
    const [was, will] = [before.get(key), after.get(key)];
    const place = will ?? was;
    return place === undefined || isSame(statementOf(was), statementOf(will))
      ? []
      : [{ place: { role: place.role, action: place.action, resource: place.resource }, before: was, after: will }];
  });
}

/** What tests expect of one cell. */
export const expectedAt = (statements: ReadonlyMap<string, Statement>, place: CellPlace): Statement | null => statements.get(cellKey(place)) ?? null;
