import { z } from "zod";
import { ApprovalId } from "./approvals.ts";
import { StepUp } from "./people.ts";
import { ChainName, Count, Hex64, IsoTime, Reason } from "./primitives.ts";
import { strict } from "./strict.ts";

const Generation = z.int().min(1);

/**
 * How a closed generation stands to being archived. `early`: it ended too recently; `waiting`: one before it isn't archived yet; `stopped`: its chain is under
 * an incident; `possible`; `archived`: two people have said so, its records are being removed; `removed`: they are gone.
 */
const ArchiveState = z.enum(["early", "waiting", "stopped", "possible", "archived", "removed"]);

export const ClosedGeneration = z.strictObject({
  chain: ChainName,
  generation: Generation,
  size: Count,
  root: Hex64,
  head: Hex64,
  endedAt: IsoTime,
  /** From when on it may be archived. */
  possibleFrom: IsoTime,
  state: ArchiveState,
  /** The bundles of it that somebody wrote and verified, the latest first. `digest`: SHA-256 of `manifest.json`. */
  bundles: z.array(z.strictObject({ digest: Hex64, by: z.string(), at: IsoTime })),
  /** As the custodian signed it. `from` and `to`: times of its first and last record; null where it had none. */
  archived: z
    .strictObject({
      at: IsoTime,
      digest: Hex64,
      by: z.array(z.string()),
      approval: Hex64,
      from: IsoTime.nullable(),
      to: IsoTime.nullable(),
      note: z.string(),
      removedAt: IsoTime.nullable(),
    })
    .nullable(),
});

export const ListArchivesInput = strict({});
/** `mayAsk`: whether the caller may ask for a removal; `keptDays`: for how long the records of a closed generation stay at hand. */
export const ListArchivesOutput = strict({ generations: z.array(ClosedGeneration), keptDays: Count, mayAsk: z.boolean() });

/** That a bundle of a closed generation was written and verified: its signed statement and its manifest, as they are in the folder. */
export const KeepArchiveInput = strict({ chain: ChainName, generation: Generation, statement: z.string().min(2).max(65_536), manifest: z.string().min(2).max(16_384) });
export const KeepArchiveOutput = strict({ digest: Hex64 });

/** Asks for the removal of an archived generation's records: by another administrator's passkey, and then by the requester's own. */
export const RequestArchiveInput = strict({ chain: ChainName, generation: Generation, digest: Hex64, reason: Reason });

/** Carries out what was approved: `proof` is the requester's passkey over the approval's digest, and nothing else will do. */
export const RemoveArchivedInput = strict({ approvalId: ApprovalId, proof: StepUp });
/** The custodian's signed note (docs/spec/archival-v1.md). The records go behind it. */
export const RemoveArchivedOutput = strict({ note: z.string() });
