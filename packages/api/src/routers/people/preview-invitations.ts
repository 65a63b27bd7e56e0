import { PreviewImportInput, PreviewInvitationsOutput } from "@sallyport/contracts";
import { sha256Hex } from "@sallyport/crypto";
import type { Boundary } from "../../boundary/procedure.ts";
import { invitationEffect, invitationLines } from "../../imports/invitation-lines.ts";
import type { ApiDeps } from "../../ports.ts";

/** Whom a file would have invited, or what is wrong with it. Nothing is done: each of them is asked for by `approvals.requestInvite`. */
export const previewInvitations = <Tx>(boundary: Boundary<Tx>, deps: ApiDeps<Tx>) =>
  boundary.read(
    {
      action: "person.invite",
      resource: "principal",
      input: PreviewImportInput,
      output: PreviewInvitationsOutput,
      locate: () => Promise.resolve({ place: { kind: "deployment" }, found: null }),
    },
    async ({ input: { csv }, grant, trace }) => {
      const { lines, faults } = await invitationLines(deps, csv, grant);
      const shown = faults.length > 0 ? [] : lines;
      trace.note({ preview: sha256Hex(csv), lines: lines.length, faults: faults.length });
      return { lines: lines.length, faults: [...faults], effects: shown.map(invitationEffect), invitations: [...shown] };
    },
  );
