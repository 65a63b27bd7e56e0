import { type Draft, editedGrants } from "./draft.ts";
import { changesBetween, inStep } from "./suite.ts";

/** The tests that a draft is proposed with: as they were left, with what was changed in the matrix since, where they follow it. */
export const suiteOf = (draft: Draft): string =>
  draft.tests.follow ? inStep(draft.tests.text, changesBetween(editedGrants(draft, draft.tests.since), editedGrants(draft, draft.cells))) : draft.tests.text;

/** The tests as somebody wrote them, over the cells as they are. */
export const withSuite = (draft: Draft, text: string): Draft => ({ ...draft, tests: { ...draft.tests, text, since: draft.cells } });

/** Whether the tests go on following the matrix from here. */
export const withFollowing = (draft: Draft, follow: boolean): Draft => ({ ...draft, tests: { text: suiteOf(draft), since: draft.cells, follow } });
