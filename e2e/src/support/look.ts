import type { ConsolePerson } from "./console-person.ts";

/** A page, or a state of one, that is looked at. */
export interface Look {
  readonly name: string;
  readonly person: () => ConsolePerson;
  /** Brings the page up, to where what it is for can be seen. */
  readonly open: (person: ConsolePerson) => Promise<void>;
  /** Whether the picture ends where the screen does: a window lies over the page, or the rest is more of the same. */
  readonly isScreenOnly?: true;
}

/** Waits for what a page is for. */
export const shows = async (person: ConsolePerson, selector: string): Promise<void> => await person.page.locator(selector).first().waitFor();
