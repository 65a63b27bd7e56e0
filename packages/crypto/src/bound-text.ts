const COMPONENT = /^[\x20-\x7e]{1,256}$/;

/**
 * Joins a domain tag and values so that no two lists of values give the same text: each is preceded by its length.
 * The result is ASCII, so it is the same bytes wherever it is encoded. Null where a value is empty, longer than
 * 256 characters, or not printable ASCII (other text has several forms that look alike).
 */
export function boundText(tag: string, values: readonly string[]): string | null {
  let text = tag;
  for (const value of values) {
    if (!COMPONENT.test(value)) return null;
    text += `\n${value.length}:${value}`;
  }
  return text;
}
