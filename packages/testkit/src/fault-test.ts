import { test } from "vitest";

/** Whether the defence that a fault test is about is in place. */
export type Defence = "on" | "off";

/**
 * Registers a row of the fault matrix as two tests: with the defence on, `run` must pass; with it off, `run` must fail on
 * an assertion. So a test that would pass without the defence it names is itself reported.
 *
 * `run` switches the defence by what it injects, never by a setting of the product. Only an AssertionError counts as
 * failing: a fault that makes the set-up throw shows nothing about the defence.
 *
 * @param id - The row in docs/fault-matrix.json, for example `T3`; it stands in both names in brackets.
 * @param title - The guarantee, in the present tense. Tells tests of one row apart.
 * @param timeoutMs - For each of the two; vitest's own unless given.
 */
export function faultTest(id: string, title: string, run: (defence: Defence) => Promise<void>, timeoutMs?: number): void {
  if (!/^[A-Z]\d{1,3}$/.test(id)) throw new RangeError("a fault's id is a letter and a number");
  const options = timeoutMs === undefined ? {} : { timeout: timeoutMs };
  test(`[${id}] ${title}`, options, () => run("on"));
  test(`[${id}] ${title} — fails with its defence off`, options, () => assertFails(() => run("off")));
}

/** Resolves where `run` fails on an assertion; throws where it passes, and rethrows any other failure. */
export async function assertFails(run: () => Promise<void>): Promise<void> {
  try {
    await run();
  } catch (error) {
    if (error instanceof Error && error.name === "AssertionError") return;
    throw error;
  }
  throw new Error("the test passes with its defence off, so it shows nothing");
}
