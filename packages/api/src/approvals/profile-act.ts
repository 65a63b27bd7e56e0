import { Hex64, IsoTime, ProfileId } from "@sallyport/contracts";
import { SallyportError } from "@sallyport/errors";
import type { StoredEffect } from "@sallyport/phi";
import { z } from "zod";
import type { ApiDeps } from "../ports.ts";
import { compareDraft } from "../profiles/draft.ts";
import { effectLines } from "../profiles/effect-lines.ts";
import type { ApprovalAct } from "./act.ts";

const DAY_MS = 24 * 3_600_000;
const COUNTED = /^([A-Za-z0-9_.-]{1,40}) (\d{1,15}) (\d{1,15})$/;
const RIGHT = { action: "profile.change", resource: "profile" } as const;
const Changed = z.strictObject({ profile: ProfileId, version: z.string().regex(/^[1-9]\d{0,6}$/), digest: Hex64, countedAt: IsoTime, stored: z.array(z.string().regex(COUNTED)) });
export type ProfilePayload = z.output<typeof Changed>;

const storedOf = ({ stored }: ProfilePayload): readonly StoredEffect[] =>
  stored.map((text) => {
    const [, study = "", tightened, loosened] = COUNTED.exec(text) ?? [];
    return { study, tightened: Number(tightened), loosened: Number(loosened) };
  });

/** Puts another version of a classification profile in force: for what is released from then on, and where it is stricter for what is stored, at once. */
export const profileAct = <Tx>(deps: ApiDeps<Tx>): ApprovalAct<Tx, ProfilePayload> => {
  /** The draft that the digest names: what was asked for, and nothing else. */
  const draftOf = async (tx: Tx, digest: string): Promise<string> => {
    const canonical = await deps.profileStore.draft(tx, digest);
    if (canonical === null) throw new SallyportError("approval.changed");
    return canonical;
  };
  return {
    kind: "profile.change",
    ask: RIGHT,
    approve: RIGHT,
    needed: 1,
    openForMs: 7 * DAY_MS,
    usableForMs: null,
    onlyBy: "proven_passkey",
    payload: Changed,
    concerns: () => null,
    async effect(tx, _grant, payload) {
      // Another version came into force meanwhile: `profile.version`, and what was shown is no more.
      const compared = compareDraft(deps, await draftOf(tx, payload.digest));
      return { about: `${payload.profile}, version ${payload.version}`, lines: effectLines(compared, storedOf(payload), payload.countedAt), refused: null };
    },
    async perform(tx, { profile, version, digest }, { id, statement }) {
      const canonical = await draftOf(tx, digest);
      const note = await deps.signDocument("profile", canonical, statement);
      await deps.profileStore.insert(tx, { id: profile, version: Number(version), canonical, note, approval: id, atMs: deps.now() });
      return { profile: `${profile}/${version}`, document: digest };
    },
  };
};
