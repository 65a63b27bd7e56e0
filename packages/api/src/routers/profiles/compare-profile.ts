import { CompareProfileInput, CompareProfileOutput } from "@sallyport/contracts";
import { profileDigest, profileLabel } from "@sallyport/phi";
import type { Boundary } from "../../boundary/procedure.ts";
import type { ApiDeps } from "../../ports.ts";
import { compareDraft, countStored } from "../../profiles/draft.ts";
import { effectLines } from "../../profiles/effect-lines.ts";
import { shownChange } from "./shown-profile.ts";

/** What a draft would change if it were in force, exactly as a request for it would show it. Nothing is kept. */
export const compareProfile = <Tx>(boundary: Boundary<Tx>, deps: ApiDeps<Tx>) =>
  boundary.read(
    {
      action: "profile.change",
      resource: "profile",
      input: CompareProfileInput,
      output: CompareProfileOutput,
      locate: () => Promise.resolve({ place: { kind: "deployment" }, found: null }),
    },
    async ({ input: { document }, grant, trace }) => {
      const compared = compareDraft(deps, document);
      const { after, before, difference } = compared;
      const stored = await countStored(deps, grant, compared);
      trace.note({ profile: profileLabel(after), changes: difference.rules.length });
      return {
        profile: after.id,
        version: after.version,
        title: after.title,
        source: after.source,
        digest: profileDigest(after),
        inForce: before?.version ?? null,
        changes: difference.rules.map(shownChange),
        effect: [...effectLines(compared, stored, new Date(deps.now()).toISOString())],
        loosens: difference.rules.filter(({ direction }) => direction === "looser").length,
        stored: [...stored],
      };
    },
  );
