import { type Classified, profileLabel, type StoredEffect } from "@sallyport/phi";
import type { Line } from "../approvals/effect.ts";
import type { ComparedDraft } from "./draft.ts";

/** What a profile says of a variable, in one line. */
const said = ({ isKnown, classification, hipaa, kind }: Classified): string =>
  isKnown ? [classification, kind.replace("_", " "), ...(hipaa === null ? [] : [`HIPAA identifier ${hipaa}`])].join(", ") : "not in the profile: phi";

/** A change of a profile, line by line: what is said otherwise, a warning for each loosening, and what it does to what is stored. */
export function effectLines({ after, before, difference }: ComparedDraft, stored: readonly StoredEffect[], countedAt: string): readonly Line[] {
  return [
    { what: "profile in force", before: before === null ? null : profileLabel(before), after: profileLabel(after) },
    ...difference.frame.map(({ what, before: was, after: is }) => ({ what, before: was, after: is })),
    ...difference.rules.map(({ domain, variable, before: was, after: is }) => ({ what: `${domain}.${variable}`, before: said(was), after: said(is) })),
    ...difference.rules
      .filter(({ direction }) => direction === "looser")
      .map(({ domain, variable }) => ({ what: `warning: ${domain}.${variable}`, before: null, after: "more of it is shown than before, as soon as it is delivered again" })),
    ...difference.frame
      .filter(({ what, before: was }) => what !== "title" && was !== null)
      .map(({ what }) => ({ what: `warning: ${what}`, before: null, after: "files name subjects or sites otherwise from then on: the same person may come as another" })),
    ...stored.flatMap(({ study, tightened, loosened }) => [
      { what: `${study}, counted ${countedAt}`, before: null, after: `${tightened} stored fields shown less of at once` },
      { what: `${study}, counted ${countedAt}`, before: null, after: `${loosened} stored fields shown more of once they are delivered again` },
    ]),
  ];
}
