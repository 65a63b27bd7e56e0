const BACKSLASH = 0x5c;
const PERCENT = 0x25;

/** The bytes with every `\uXXXX` (also doubly escaped), `\"`, `\/` and `\\` resolved, or null where there is no backslash. */
export function unescapeJson(bytes: Buffer): Buffer | null {
  if (!bytes.includes(BACKSLASH)) return null;
  const text = bytes
    .toString("latin1")
    .replaceAll(/(?:\\+u[0-9a-fA-F]{4}){1,1000}/g, (run) =>
      utf8AsLatin1(String.fromCharCode(...Array.from(run.matchAll(/u([0-9a-fA-F]{4})/g), ([, digits]) => Number.parseInt(digits ?? "", 16)))),
    )
    .replaceAll(/\\+(["/\\])/g, "$1");
  return Buffer.from(text, "latin1");
}

/** The bytes with every `%XX` resolved and `+` read as a space, or null where there is no percent sign. */
export function unescapeUrl(bytes: Buffer): Buffer | null {
  if (!bytes.includes(PERCENT)) return null;
  const text = bytes
    .toString("latin1")
    .replaceAll("+", " ")
    .replaceAll(/%([0-9a-fA-F]{2})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 16)));
  return Buffer.from(text, "latin1");
}

const utf8AsLatin1 = (text: string): string => Buffer.from(text, "utf8").toString("latin1");
