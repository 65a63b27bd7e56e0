import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { contentOf, type Draft, draftOf, newDraft, ruleId, withCell, withoutRole, withRole, withRoleLike } from "./draft.ts";
import { suiteOf, withFollowing, withSuite } from "./draft-suite.ts";
import { type CellPlace, cellKey, type Grant, type PolicyContent } from "./policy-content.ts";
import { expectedAt, isExpected, statementsOf } from "./suite.ts";

const ROLES = ["steward", "reviewer", "auditor"];
const ACTS = ["packet.read packet", "packet.release packet", "phi.read subject_phi", "trail.read trail"];
const SUITE = `# Written by hand, from the design.
allowed:
  steward:
    - packet.read packet # inbox
    - packet.release packet
  reviewer:
    - phi.read subject_phi: { readable: [public, phi], masked: [] }
cases:
  - says: a steward reads no identifiers, whatever else it may do in all the places at which it is held by whomever it may be
    role: steward
    mayNot: [phi.read subject_phi]
`;
const BASE: PolicyContent = {
  title: "Test",
  roles: ROLES.map((name) => ({ name, description: "For a test.", assignableBy: ["steward"] })),
  grants: [
    { id: "steward:packet.read:packet", role: "steward", action: "packet.read", resource: "packet" },
    { id: "of-old", role: "steward", action: "packet.release", resource: "packet" },
    { id: "reviewer:phi.read:subject_phi", role: "reviewer", action: "phi.read", resource: "subject_phi", fields: { readable: ["public", "phi"], masked: [] } },
  ],
  separation: [{ id: "s", first: "packet.read", second: "packet.release" }],
};
const base: Draft["base"] = { content: BASE, suite: SUITE, version: 1 };

const places: readonly CellPlace[] = ROLES.flatMap((role) => ACTS.map((act) => ({ role, action: act.split(" ")[0] ?? "", resource: act.split(" ")[1] ?? "" })));
const asBefore = (place: CellPlace): Grant | null => BASE.grants.find((grant) => cellKey(grant) === cellKey(place)) ?? null;
const fieldsGiven = fc.option(
  fc
    .subarray(["public", "regulatory", "phi", "treatment"])
    .chain((all) => fc.subarray(all).map((readable) => ({ readable, masked: all.filter((one) => !readable.includes(one)) }))),
  { nil: undefined },
);
const edit = fc.record({ place: fc.constantFrom(...places), allowed: fc.boolean(), fields: fieldsGiven, passkey: fc.boolean() });
const grantOf = ({ place, allowed, fields, passkey }: { place: CellPlace; allowed: boolean; fields: Grant["fields"]; passkey: boolean }): Grant | null =>
  !allowed ? null : { id: ruleId(place), ...place, ...(fields !== undefined && { fields }), ...(passkey && { conditions: { signedInBy: "passkey" as const } }) };

describe("a draft of a policy", () => {
  test("is the same document again, and the same tests to the letter, once every edit is taken back", () => {
    fc.assert(
      fc.property(fc.array(edit, { maxLength: 30 }), (edits) => {
        const edited = edits.reduce((draft, one) => withCell(draft, one.place, grantOf(one)), newDraft(base));
        const back = places.reduce((draft, place) => withCell(draft, place, asBefore(place)), edited);
        expect(contentOf(back)).toEqual(BASE);
        expect(suiteOf(back)).toBe(SUITE);
      }),
      { numRuns: 100 },
    );
  });

  test("is the same document in whatever order its edits were made", () => {
    fc.assert(
      fc.property(fc.uniqueArray(edit, { maxLength: 12, selector: ({ place }) => cellKey(place) }), (edits) => {
        const made = (list: typeof edits) => contentOf(list.reduce((draft, one) => withCell(draft, one.place, grantOf(one)), newDraft(base)));
        expect(made(edits.toReversed())).toEqual(made(edits));
      }),
      { numRuns: 100 },
    );
  });

  test("has tests that expect of every cell what it allows, and that keep every sentence and note", () => {
    fc.assert(
      fc.property(fc.array(edit, { maxLength: 12 }), (edits) => {
        const draft = edits.reduce((now, one) => withCell(now, one.place, grantOf(one)), newDraft(base));
        const suite = suiteOf(draft);
        const statements = statementsOf(suite) ?? new Map();
        const grants = new Map(contentOf(draft).grants.map((grant) => [cellKey(grant), grant]));
        for (const place of places) expect(isExpected(expectedAt(statements, place), grants.get(cellKey(place)))).toBe(true);
        expect(suite).toContain("# Written by hand, from the design.");
        expect(suite).toContain("at which it is held by whomever it may be\n");
      }),
      { numRuns: 60 },
    );
  });

  test("is found again from what was proposed of it", () => {
    fc.assert(
      fc.property(fc.array(edit, { maxLength: 12 }), (edits) => {
        const draft = withRoleLike(
          edits.reduce((now, one) => withCell(now, one.place, grantOf(one)), newDraft(base)),
          { name: "locum", description: "Stands in.", assignableBy: [] },
          "steward",
        );
        const found = draftOf(base, { content: contentOf(draft), suite: suiteOf(draft) });
        expect(contentOf(found)).toEqual(contentOf(draft));
        expect(suiteOf(found)).toBe(suiteOf(draft));
      }),
      { numRuns: 60 },
    );
  });
});

const STEWARD_READS: CellPlace = { role: "steward", action: "packet.read", resource: "packet" };
const STEWARD_OPENS: CellPlace = { role: "steward", action: "phi.read", resource: "subject_phi" };
const opens: Grant = { id: ruleId(STEWARD_OPENS), ...STEWARD_OPENS };

describe("the tests of a draft", () => {
  test("stay as they are where they said something else of the cell before, since that wasn't plainly meant", () => {
    const other = withSuite(newDraft(base), SUITE.replace("    - packet.read packet # inbox\n", ""));
    expect(suiteOf(withCell(other, STEWARD_READS, null))).toBe(other.tests.text);
  });

  test("stay as they are written where they don't follow, and where they can't be read", () => {
    expect(suiteOf(withCell(withFollowing(newDraft(base), false), STEWARD_READS, null))).toBe(SUITE);
    expect(suiteOf(withCell(withSuite(newDraft(base), "allowed: [\n"), STEWARD_READS, null))).toBe("allowed: [\n");
  });

  test("follow from what somebody wrote, and go back to it", () => {
    const written = withSuite(withCell(newDraft(base), STEWARD_READS, null), `${SUITE}# And more.\n`);
    const more = withCell(written, STEWARD_OPENS, opens);
    expect(suiteOf(more)).toContain("    - phi.read subject_phi\n");
    expect(suiteOf(withCell(more, STEWARD_OPENS, null))).toBe(written.tests.text);
  });

  test("state the condition and the fields of a new right in one line", () => {
    const grant: Grant = { ...opens, fields: { readable: ["public"], masked: ["phi"] }, conditions: { signedInBy: "passkey" } };
    expect(suiteOf(withCell(newDraft(base), STEWARD_OPENS, grant))).toContain("    - phi.read subject_phi: { readable: [ public ], masked: [ phi ], signedInBy: passkey }\n");
  });
});

describe("a role of a draft", () => {
  const locum = { name: "locum", description: "Stands in.", assignableBy: ["steward"] };
  test("that is like another may do what that one may, under rules of its own", () => {
    const draft = withRoleLike(newDraft(base), locum, "steward");
    expect(contentOf(draft).grants.filter(({ role }) => role === "locum")).toEqual([
      { id: "locum:packet.read:packet", role: "locum", action: "packet.read", resource: "packet" },
      { id: "locum:packet.release:packet", role: "locum", action: "packet.release", resource: "packet" },
    ]);
    expect(suiteOf(draft)).toContain("  locum:\n    - packet.read packet\n    - packet.release packet\n");
  });

  test("is gone with all that it may do and assign, once it is taken back", () => {
    const assigning = withRole(withRoleLike(newDraft(base), locum, "steward"), { name: "auditor", description: "For a test.", assignableBy: ["steward", "locum"] });
    const back = withoutRole(assigning, "locum");
    expect(contentOf(back)).toEqual(BASE);
    expect(suiteOf(back)).toBe(SUITE);
  });
});
