/** Where a key takes the active row of a list: by one, by a screenful, or to an end. Null for a key that isn't the list's. */
export function nextRow(key: string, active: number, rows: number, screenful: number): number | null {
  const clamp = (index: number): number => Math.min(Math.max(index, 0), Math.max(rows - 1, 0));
  switch (key) {
    case "ArrowDown":
      return clamp(active + 1);
    case "ArrowUp":
      return clamp(active - 1);
    case "PageDown":
      return clamp(active + Math.max(1, screenful - 1));
    case "PageUp":
      return clamp(active - Math.max(1, screenful - 1));
    case "Home":
      return 0;
    case "End":
      return clamp(rows - 1);
    default:
      return null;
  }
}
