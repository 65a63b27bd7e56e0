import { RunningSha256 } from "@sallyport/crypto";
import { claimsOneOf } from "./signed-note.ts";

/** Lines of a checkpoint's note in a bundle: origin, size, root, blank, signature. */
const NOTE_LINES = 5;

/**
 * Spells a `checkpoints-<n>.txt` note by note: the notes as signed, with a blank line between two. It gives the count and digest
 * that the statement signs, so custodian and exporter make the very same bytes.
 */
export class CheckpointFile {
  #count = 0;
  readonly #digest = new RunningSha256();

  /** Notes so far. */
  get count(): number {
    return this.#count;
  }

  /** Adds the next note and gives the text to append to the file. */
  add(note: string): string {
    const text = this.#count === 0 ? note : `\n${note}`;
    this.#count += 1;
    this.#digest.update(text);
    return text;
  }

  /** SHA-256 of the file's bytes, lower-case hex; ends the file. */
  sha256(): string {
    return this.#digest.hex();
  }
}

/**
 * Which of the stored checkpoints of a generation an export holds, beside the stated one: those below it that say they are by a key of the statement. Others
 * are there where an older store of the custodian's was put back: by a key that it doesn't know, and that handed nothing over to the one of now.
 *
 * @param keys - The statement's. @param size - Of the stated one.
 */
export function heldBelow(keys: readonly string[], size: number): (stored: { readonly size: number; readonly note: string }) => boolean {
  const isOurs = claimsOneOf(keys);
  return (stored) => stored.size < size && isOurs(stored.note);
}

/** Reads a checkpoint file's lines (with their newlines) into notes. What isn't of the form comes out as one `null`, and ends it. */
export async function* notesOf(lines: AsyncIterable<string>): AsyncGenerator<string | null> {
  let note: string[] = [];
  let comesNext: "note" | "blank" | "note or end" = "note or end";
  for await (const line of lines) {
    if (comesNext === "blank") {
      if (line !== "\n") {
        yield null;
        return;
      }
      comesNext = "note";
      continue;
    }
    note.push(line);
    comesNext = "note";
    if (note.length < NOTE_LINES) continue;
    yield note.join("");
    note = [];
    comesNext = "blank";
  }
  if (comesNext === "note") yield null;
}
