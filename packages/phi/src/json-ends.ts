import type { JsonScanner } from "./json-scanner.ts";

/** The signs that a walk through a file of rows goes by. */
export const [OBJECT, LIST, END_OF_OBJECT, END_OF_LIST, COMMA, LINE_FEED] = [0x7b, 0x5b, 0x7d, 0x5d, 0x2c, 0x0a] as const;

/** What comes next, where something has to. */
export function following(scanner: JsonScanner): number {
  const code = scanner.peek();
  return Number.isNaN(code) ? scanner.fail("the end is missing") : code;
}

/** Whether an object or a list ends here; then the scanner is past its end. White space before is passed. */
export function closes(scanner: JsonScanner, bracket: number): boolean {
  scanner.space();
  if (following(scanner) !== bracket) return false;
  scanner.leave();
  return true;
}
