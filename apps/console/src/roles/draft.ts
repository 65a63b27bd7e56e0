import { grantsByCell } from "./matrix.ts";
import { type CellPlace, cellIn, cellKey, type Grant, isSameList, type PolicyContent, type Role } from "./policy-content.ts";

/** A policy with its tests, as it is active or proposed. */
export interface PolicyText {
  readonly content: PolicyContent;
  readonly suite: string;
}

/** A policy in the making: the version that it is made from, and what is otherwise in it. */
export interface Draft {
  readonly base: PolicyText & { readonly version: number };
  /** Cells that say something else than the base, by {@link cellKey}; null where they deny. */
  readonly cells: ReadonlyMap<string, Grant | null>;
  /** Roles that are new, or that say something else than the base. */
  readonly roles: ReadonlyMap<string, Role>;
  readonly title: string;
  readonly separation: PolicyContent["separation"];
  /** The tests as somebody left them, and the cells as they were then: what changed since is brought into step, where that is wanted. */
  readonly tests: { readonly text: string; readonly since: ReadonlyMap<string, Grant | null>; readonly follow: boolean };
}

type Listed = NonNullable<Grant["fields"]>;
const isSameFields = (a: Listed | undefined, b: Listed | undefined): boolean =>
  a === undefined || b === undefined ? a === b : isSameList(a.readable, b.readable) && isSameList(a.masked, b.masked);

/** Whether two grants of one cell allow the same under the same id. */
const isSameGrant = (a: Grant | null, b: Grant | null): boolean =>
  a === null || b === null ? a === b : a.id === b.id && a.conditions?.signedInBy === b.conditions?.signedInBy && isSameFields(a.fields, b.fields);
const isSameRole = (a: Role, b: Role): boolean => a.description === b.description && isSameList(a.assignableBy, b.assignableBy);

const without = <V>(map: ReadonlyMap<string, V>, key: string): ReadonlyMap<string, V> => new Map([...map].filter(([each]) => each !== key));

/** A draft in which nothing is changed yet. */
export const newDraft = ({ content, suite, version }: Draft["base"]): Draft => ({
  base: { content, suite, version },
  cells: new Map(),
  roles: new Map(),
  title: content.title,
  separation: content.separation,
  tests: { text: suite, since: new Map(), follow: true },
});

/** Sets what a cell allows; null denies it. What is set as the base has it is no change. */
export function withCell(draft: Draft, place: CellPlace, grant: Grant | null): Draft {
  const key = cellKey(place);
  const was = draft.base.content.grants.find((each) => cellKey(each) === key) ?? null;
  return { ...draft, cells: isSameGrant(was, grant) ? without(draft.cells, key) : new Map([...draft.cells, [key, grant]]) };
}

/** Sets what a role is; one that the base doesn't have is added. */
export function withRole(draft: Draft, role: Role): Draft {
  const was = draft.base.content.roles.find(({ name }) => name === role.name);
  return { ...draft, roles: was !== undefined && isSameRole(was, role) ? without(draft.roles, role.name) : new Map([...draft.roles, [role.name, role]]) };
}

/** Takes back what was changed of a role: of one that is new, all that it may do goes with it, and so does its name where another's is assigned by it. */
export function withoutRole(draft: Draft, name: string): Draft {
  const isNew = !draft.base.content.roles.some((role) => role.name === name);
  const back = { ...draft, roles: without(draft.roles, name) };
  if (!isNew) return back;
  const cells = new Map([...back.cells].filter(([key]) => !key.startsWith(`${name} `)));
  return contentOf(back).roles.reduce<Draft>(
    (now, role) => (role.assignableBy.includes(name) ? withRole(now, { ...role, assignableBy: role.assignableBy.filter((one) => one !== name) }) : now),
    { ...back, cells },
  );
}

/** The id of a rule that the matrix makes. */
export const ruleId = ({ role, action, resource }: CellPlace): string => `${role}:${action}:${resource}`;

/** A new role that may do what another one may. */
export function withRoleLike(draft: Draft, role: Role, like: string | null): Draft {
  const copied = like === null ? [] : contentOf(draft).grants.filter((grant) => grant.role === like);
  return copied.reduce(
    (now, grant) => {
      const place = { role: role.name, action: grant.action, resource: grant.resource };
      return withCell(now, place, { ...grant, ...place, id: ruleId(place) });
    },
    withRole(draft, role),
  );
}

/** The policy that a draft proposes. The same changes give the same document, in whatever order they were made. */
export function contentOf({ base, cells, roles, title, separation }: Draft): PolicyContent {
  const isOld = new Set(base.content.roles.map(({ name }) => name));
  const added = [...roles.values()].filter(({ name }) => !isOld.has(name)).toSorted((a, b) => (a.name < b.name ? -1 : 1));
  const known = new Set(base.content.grants.map(cellKey));
  const kept = base.content.grants.flatMap((grant) => {
    const edited = cells.get(cellKey(grant));
    return edited === undefined ? [grant] : edited === null ? [] : [edited];
  });
  const young = [...cells].filter(([key, grant]) => grant !== null && !known.has(key)).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return {
    title,
    roles: [...base.content.roles.map((role) => roles.get(role.name) ?? role), ...added],
    grants: [...kept, ...young.flatMap(([, grant]) => (grant === null ? [] : [grant]))],
    separation,
  };
}

/** A policy's grants by their cells, with a draft's cells upon them. */
export function editedGrants({ base }: Draft, cells: Draft["cells"]): ReadonlyMap<string, Grant> {
  const grants = new Map(grantsByCell(base.content));
  for (const [key, grant] of cells) {
    if (grant === null) grants.delete(key);
    else grants.set(key, grant);
  }
  return grants;
}

/** How many things a draft changes, its tests apart. */
export const changeCount = (draft: Draft): number =>
  draft.cells.size + draft.roles.size + (draft.title === draft.base.content.title ? 0 : 1) + (draft.separation === draft.base.content.separation ? 0 : 1);

/** The draft that makes a proposed policy out of the active one. */
export function draftOf(base: Draft["base"], { content, suite }: PolicyText): Draft {
  const proposed = grantsByCell(content);
  const removed = base.content.grants.filter((grant) => !proposed.has(cellKey(grant)));
  const roles = content.roles.reduce(withRole, newDraft(base));
  const cells = content.grants.reduce((now, grant) => withCell(now, grant, grant), roles);
  const draft = removed.reduce((now, grant) => withCell(now, grant, null), cells);
  const isSameSeparation = JSON.stringify(content.separation) === JSON.stringify(base.content.separation);
  return {
    ...draft,
    title: content.title,
    separation: isSameSeparation ? base.content.separation : content.separation,
    tests: { text: suite, since: draft.cells, follow: true },
  };
}

/** The changes of a draft made again from another base, and from its tests. */
export function rebased(draft: Draft, base: Draft["base"]): Draft {
  const roles = [...draft.roles.values()].reduce(withRole, { ...newDraft(base), title: draft.title === draft.base.content.title ? base.content.title : draft.title });
  return [...draft.cells].reduce((now, [key, grant]) => {
    const place = cellIn(key);
    return place === null ? now : withCell(now, place, grant);
  }, roles);
}
