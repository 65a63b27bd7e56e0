/** The moment that a local date and time (`2026-11-22T14:30`, as browsers write it) names, in ISO form; null for none. */
export function isoOf(local: string): string | null {
  if (!/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}/.test(local)) return null;
  const at = new Date(local);
  return Number.isNaN(at.getTime()) ? null : at.toISOString();
}

const two = (part: number): string => String(part).padStart(2, "0");

/** A moment as a date and time here, in the form of a browser's field. */
export function localOf(at: Date): string {
  return `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}T${two(at.getHours())}:${two(at.getMinutes())}`;
}

/** What is wrong with an end; null for nothing. An empty one is none. */
export function endFault(local: string, { after, by = null, isNeeded = false }: { readonly after: Date; readonly by?: Date | null; readonly isNeeded?: boolean }): string | null {
  if (local === "") return isNeeded ? "Say until when." : null;
  const iso = isoOf(local);
  if (iso === null) return "Enter a date and a time.";
  const atMs = Date.parse(iso);
  if (atMs <= after.getTime()) return "It has to be later.";
  return by !== null && atMs > by.getTime() ? "It has to be earlier." : null;
}
