/** The one mask: it has the same length whatever it hides. */
export const MASK = "••••••";

/** What is shown in place of a value that isn't opened. It depends on nothing. */
export const maskOf = (): string => MASK;
