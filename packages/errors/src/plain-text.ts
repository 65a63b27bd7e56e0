/** Control and direction characters: on a terminal they can move the cursor, hide text or reorder it. */
const HOSTILE = /[\p{Cc}\p{Bidi_Control}\u2028\u2029\ufeff]/gu;

/** A text from elsewhere on one line of a terminal, with nothing in it that the terminal acts on. */
export const plainText = (text: string): string => text.replace(HOSTILE, "\ufffd");

const escaped = (character: string): string => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;

/** A value as JSON that is safe to show: what {@link plainText} would replace is escaped, so that it stays the same document. */
export function plainJson(value: unknown, spaces = 0): string {
  const text = JSON.stringify(value, null, spaces);
  return spaces === 0
    ? text.replace(HOSTILE, escaped)
    : text
        .split("\n")
        .map((line) => line.replace(HOSTILE, escaped))
        .join("\n");
}
