import { Day, StudyId } from "@sallyport/contracts";
import { z } from "zod";
import type { ApiDeps } from "../ports.ts";
import type { ApprovalAct } from "./act.ts";

const DAY_MS = 24 * 3_600_000;
const RIGHT = { action: "study.register", resource: "study" } as const;

const Retained = z.strictObject({ study: StudyId, until: Day });
export type RetainedPayload = z.output<typeof Retained>;

/** Says until when a study's data are kept: before that day, nobody has a subject of it shredded. An earlier day than before takes two people as a later one does. */
export const retentionAct = <Tx>(deps: Pick<ApiDeps<Tx>, "studies">): ApprovalAct<Tx, RetainedPayload> => ({
  kind: "study.retention",
  ask: RIGHT,
  approve: RIGHT,
  needed: 1,
  openForMs: 7 * DAY_MS,
  usableForMs: null,
  onlyBy: null,
  payload: Retained,
  concerns: () => null,
  async effect(tx, _grant, { study: id, until }) {
    const study = await deps.studies.lock(tx, id);
    if (study === null) return { about: "-", lines: [], refused: "policy.denied" };
    const before = study.retainedUntil ?? null;
    return {
      about: `${id}, kept until ${until}`,
      lines: [
        { what: `${id}: data are kept until`, before: before ?? "nobody has said", after: until },
        { what: "shredding of its subjects", before: before === null ? "refused" : `refused until ${before}`, after: `refused until ${until}` },
      ],
      refused: before === until ? "approval.state" : null,
    };
  },
  async perform(tx, { study, until }, { id }) {
    await deps.studies.retain(tx, id);
    return { study, until };
  },
});
