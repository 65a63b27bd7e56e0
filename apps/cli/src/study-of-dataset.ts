/**
 * The one study that a Dataset-JSON file (1.0 or 1.1) is of, by the STUDYID values of its rows, or null where they name none
 * or several. Reads the shape only as far as it must: whether the file is a valid dataset is the boundary's to say.
 */
export function studyOfDataset(text: string): string | null {
  const found = new Set<string>();
  for (const { names, rows } of tablesOf(parsed(text))) {
    const at = names.indexOf("STUDYID");
    if (at === -1) continue;
    for (const row of rows) {
      const value: unknown = Array.isArray(row) ? row[at] : null;
      if (typeof value === "string" && value !== "") found.add(value);
    }
  }
  const [study] = found;
  return found.size === 1 && study !== undefined ? study : null;
}

interface Table {
  readonly names: readonly unknown[];
  readonly rows: readonly unknown[];
}

/** Dataset-JSON 1.1 has one table at the top; 1.0 has them by name under clinicalData and referenceData. */
function tablesOf(dataset: unknown): readonly Table[] {
  const groups = [memberOf(dataset, "clinicalData"), memberOf(dataset, "referenceData")].map((data) => memberOf(data, "itemGroupData"));
  const named = groups.flatMap((group) => (typeof group === "object" && group !== null ? Object.values(group) : []));
  return [tableOf(dataset, "columns", "rows"), ...named.map((group) => tableOf(group, "items", "itemData"))].filter((table) => table !== null);
}

function tableOf(value: unknown, columns: string, rows: string): Table | null {
  const items = memberOf(value, columns);
  const data = memberOf(value, rows);
  return Array.isArray(items) && Array.isArray(data) ? { names: items.map((item) => memberOf(item, "name")), rows: data } : null;
}

function memberOf(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null && Object.hasOwn(value, name) ? Reflect.get(value, name) : undefined;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
