import type { StudyRow } from "@sallyport/phi";

/** The sites that a document of the whole study is for: at a closed one nothing new comes in, whatever it belongs to. */
export const openSites = ({ sites }: Pick<StudyRow, "sites">): readonly string[] =>
  sites.flatMap(({ id, closedAtMs }) => (closedAtMs === undefined || closedAtMs === null ? [id] : []));
