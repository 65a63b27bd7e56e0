import { type Classified, profileLabel, type StoredEffect } from "@sallyport/phi";
import type { Line } from "../approvals/effect.ts";
import type { ComparedDraft } from "./draft.ts";

/** What a profile says of a variable, in one line. */
const said = ({ isKnown, classification, hipaa, kind }: Classified): string =>
  isKnown ? [classification, kind.replace("_", " "), ...(hipaa === null ? [] : [`HIPAA identifier ${hipaa}`])].join(", ") : "not in the profile: phi";

const counted = (fields: number): string => `${fields} stored ${fields === 1 ? "field" : "fields"}`;

/** A change of a profile, line by line: what is said otherwise, a warning for each loosening, and what it does to what is stored. */
export function effectLines({ after, before, difference }: ComparedDraft, stored: readonly StoredEffect[], countedAt: string): readonly Line[] {
  return [
    { what: "profile in force", before: before === null ? null : profileLabel(before), after: profileLabel(after) },
    ...difference.frame.map(({ what, before: was, after: is }) => ({ what, before: was, after: is })),
    ...difference.rules.map(({ domain, variable, before: was, after: is }) => ({ what: `${domain}.${variable}`, before: said(was), after: said(is) })),
    ...difference.rules
      .filter(({ direction }) => direction === "looser")
      .map(({ domain, variable, before: was, after: is }) => ({
        what: `warning: ${domain}.${variable}`,
        before: said(was),
        after: `${said(is)}: more of it is shown, as soon as it is delivered again`,
      })),
    ...difference.frame
      .filter(({ what, before: was }) => what !== "title" && was !== null)
      .map(({ what, before: was, after: is }) => ({ what: `warning: ${what}`, before: was, after: `${is}: the same person, or site, may come as another from then on` })),
    { what: "stored fields, counted at", before: null, after: countedAt },
    ...stored.flatMap(({ study, tightened, loosened }) => [
      { what: `${study}: shown less of at once`, before: "0", after: counted(tightened) },
      { what: `${study}: shown more of once delivered again`, before: "0", after: counted(loosened) },
    ]),
  ];
}
