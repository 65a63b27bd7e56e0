/** NIST SP 800-63B-4 §3.1.1.2: a password is at least this long, in code points. */
export const PASSWORD_LENGTH_MIN = 15;
export const PASSWORD_LENGTH_MAX = 256;

/** Words that a guesser tries first: what people choose when told to choose, and what this product and this field are called. */
const KNOWN_WORDS =
  "password passwort passphrase qwerty qwertyuiop qwertz azerty asdfgh asdfghjkl zxcvbn zxcvbnm letmein welcome iloveyou admin administrator changeme secret default login monkey dragon master sunshine princess football baseball superman trustno abc sallyport clinical trial clinicaltrial hospital security".split(
    " ",
  );
/** So many characters of a password's own, beside known words, its owner's names, repetitions and sequences, are asked for. */
const OWN_CHARACTERS_MIN = 8;
const LEET = { "0": "o", "1": "i", "3": "e", "4": "a", "5": "s", "7": "t", "@": "a", $: "s", "!": "i" } as const;

/** A password in the one form in which it is hashed: NFKC (SP 800-63B-4 §3.1.1.2), so that keyboards that compose differently agree. */
export const normalPassword = (password: string): string => password.normalize("NFKC");

/**
 * Why a password is not taken, or null. Length and what is known to be guessed, no rules of composition.
 *
 * @param context - The person's own names, which are guessed first.
 */
export function passwordFault(password: string, context: readonly string[]): "short" | "long" | "known" | null {
  const normal = normalPassword(password);
  const length = Array.from(normal).length;
  if (length < PASSWORD_LENGTH_MIN) return "short";
  if (length > PASSWORD_LENGTH_MAX) return "long";
  const own = context
    .flatMap((name) =>
      name
        .normalize("NFKC")
        .toLowerCase()
        .split(/[^\p{L}\p{N}]+/u),
    )
    .filter((word) => word.length >= 3);
  const words = [...KNOWN_WORDS, ...own].toSorted((a, b) => b.length - a.length);
  return ownCharacters(Array.from(normal.toLowerCase()), words) < OWN_CHARACTERS_MIN ? "known" : null;
}

/** How much of a password is its own once known words are taken out, and runs, sequences and repetitions count once. */
function ownCharacters(characters: readonly string[], words: readonly string[]): number {
  const plain = characters.map((character) => LEET[character as keyof typeof LEET] ?? character);
  const isWord = characters.map(() => false);
  for (const word of words.map((each) => Array.from(each))) {
    for (const form of [characters, plain]) {
      for (let at = 0; at + word.length <= form.length; at += 1) {
        if (word.every((letter, index) => form[at + index] === letter && isWord[at + index] === false)) isWord.fill(true, at, at + word.length);
      }
    }
  }
  const rest = characters.filter((_, at) => isWord[at] === false).join("");
  // "abcabcabc" says "abc" once; a step of nought or one from the character before, either way, says nothing that the one before didn't.
  const points = Array.from(rest.replaceAll(/(.+?)\1+/gsu, "$1"), (character) => character.codePointAt(0) ?? 0);
  return points.filter((point, at) => at === 0 || Math.abs(point - (points[at - 1] as number)) > 1).length;
}
