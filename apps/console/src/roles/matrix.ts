import { type Act, actKey, type CellPlace, cellKey, type Grant, type PolicyContent, type Role } from "./policy-content.ts";

/** What of the matrix is looked at, as a link holds it. */
export interface MatrixFilter {
  /** Words of which a role's name holds one. */
  readonly roles: string;
  /** Words that an act holds, each of them. */
  readonly acts: string;
  /** Rows that nobody is allowed, too. */
  readonly isWhole: boolean;
}

export interface Matrix {
  readonly roles: readonly Role[];
  readonly acts: readonly Act[];
  readonly grantAt: (place: CellPlace) => Grant | undefined;
}

export interface Axes {
  readonly actions: readonly string[];
  readonly resources: readonly string[];
}

const TEXT_MAX = 80;
const wordsOf = (text: string): readonly string[] =>
  text
    .toLowerCase()
    .split(/[\s,]+/)
    .filter(Boolean);

/** The filter of a link's query; a text that isn't one of ours narrows nothing. */
export function readMatrixFilter(query: URLSearchParams): MatrixFilter {
  const text = (name: string): string => {
    const given = query.get(name) ?? "";
    return given.length <= TEXT_MAX && /^[a-zA-Z0-9_., -]*$/.test(given) ? given : "";
  };
  return { roles: text("roles"), acts: text("acts"), isWhole: query.get("show") === "all" };
}

export function writeMatrixFilter({ roles, acts, isWhole }: MatrixFilter, cell: CellPlace | null): URLSearchParams {
  return new URLSearchParams({
    ...(roles.trim() !== "" && { roles }),
    ...(acts.trim() !== "" && { acts }),
    ...(isWhole && { show: "all" }),
    ...(cell !== null && { cell: cellKey(cell).replaceAll(" ", "~") }),
  });
}

/** Each grant under its cell. */
export const grantsByCell = ({ grants }: Pick<PolicyContent, "grants">): ReadonlyMap<string, Grant> => new Map(grants.map((grant) => [cellKey(grant), grant]));

/**
 * The matrix of a policy, as much as a filter lets through: roles in the policy's order, acts in the order of the closed lists. Rows that nobody is
 * allowed are there where the filter says so, and where `alsoActs` names them.
 */
export function matrixOf(content: PolicyContent, { actions, resources }: Axes, filter: MatrixFilter, alsoActs: ReadonlySet<string> = new Set()): Matrix {
  const byCell = grantsByCell(content);
  const [roleWords, actWords] = [wordsOf(filter.roles), wordsOf(filter.acts)];
  const roles = content.roles.filter(({ name }) => roleWords.length === 0 || roleWords.some((word) => name.includes(word)));
  const shown = new Set(roles.map(({ name }) => name));
  const granted = new Set(content.grants.filter(({ role }) => shown.has(role)).map(actKey));
  const acts = actions
    .flatMap((action) => resources.map((resource): Act => ({ action, resource })))
    .filter((act) => {
      const key = actKey(act);
      return (filter.isWhole || granted.has(key) || alsoActs.has(key)) && actWords.every((word) => key.includes(word));
    });
  return { roles, acts, grantAt: (place) => byCell.get(cellKey(place)) };
}
