import { z } from "zod";
import { strict } from "./strict.ts";
import { ChainName, Count, Hex64, IsoTime } from "./primitives.ts";

/** A signed checkpoint that an act waited for: up to `size`, the chain's generation has this `root`. `anchors` has it elsewhere, where acts wait for that. */
export const Evidence = z.strictObject({ chain: ChainName, generation: Count, size: Count, root: Hex64, anchors: z.array(z.string()) });

/** Records of a chain, by the times of the first and the last, that were archived: they are in the bundle whose `manifest.json` has this SHA-256, and not found here. */
export const ArchivedRange = z.strictObject({ chain: ChainName, generation: z.int().min(1), from: IsoTime, to: IsoTime, digest: Hex64 });

export const ListChainsInput = strict({});
export const ListChainsOutput = strict({
  chains: z.array(
    z.strictObject({
      chain: ChainName,
      generation: Count,
      size: Count,
      /** The latest checkpoint's size, or 0. */
      checkpointed: Count,
    }),
  ),
});

/** Of a whole chain, or, to archive it, of one closed generation. */
export const OpenExportInput = strict({ chain: ChainName, generation: z.int().min(1).optional() });
/**
 * What frames an export: everything of a bundle but the records and the checkpoints before the stated ones (docs/spec/bundle-v1.md). `vkey` states it, with the
 * deployment's `handovers` by then.
 */
export const OpenExportOutput = strict({
  chain: ChainName,
  statement: z.string(),
  generations: z.array(z.strictObject({ generation: Count, size: Count, auditKey: z.string(), checkpoint: z.string(), cosigned: z.string().optional() })),
  vkey: z.string(),
  handovers: z.array(z.string()),
  fingerprint: z.string(),
  names: z.record(z.string(), z.string()),
});

/** Records `from` to at most `from + limit - 1` of one generation, as exported lines with their leaf signatures; with none where `signed` is false. `vkey`: the key that stated the export, by which, or by one behind it, its leaves are signed; the one in use if absent. */
export const ReadExportInput = strict({
  chain: ChainName,
  generation: z.int().min(1),
  from: z.int().min(1),
  limit: z.int().min(1).max(4096).default(1000),
  signed: z.boolean().default(true),
  vkey: z.string().max(256).optional(),
});
/**
 * In base64: the lines, each with its newline; where each ends, as unsigned integers of four bytes, the lowest first; the signatures, 64 bytes each. A page of
 * thousands of lines as a list of texts would cost each of them its escapes.
 */
export const ReadExportOutput = strict({ lines: z.string(), ends: z.string(), signatures: z.string() });
/** The stored checkpoints of a generation, by size: those above one size and below another, which is the stated one's for an export. */
export const ReadCheckpointsInput = strict({
  chain: ChainName,
  generation: z.int().min(1),
  above: Count.default(0),
  below: z.int().min(1),
  limit: z.int().min(1).max(4096).default(4096),
});
/** Each as a signed note; some may be by a key that isn't the statement's, and are no part of its export. */
export const ReadCheckpointsOutput = strict({ checkpoints: z.array(z.strictObject({ size: Count, note: z.string() })) });

/** One record of a chain's generation. */
export const ProveRecordInput = strict({ chain: ChainName, generation: z.int().min(1), seq: z.int().min(1) });
/** `proof` is a C2SP tlog-proof (docs/spec/record-proof-v1.md); `witnesses` are the names of those who cosigned its checkpoint. */
export const ProveRecordOutput = strict({ proof: z.string(), checkpoint: z.strictObject({ size: Count, root: Hex64 }), fingerprint: z.string(), witnesses: z.array(z.string()) });

/** What has grown since the checkpoint that covers record `from`. */
export const ProveGrowthInput = strict({ chain: ChainName, generation: z.int().min(1), from: z.int().min(1) });
/** Two checkpoints as signed notes, each by a key behind `vkey` (docs/spec/handover-v1.md), and the RFC 6962 consistency proof from the one to the other, base64. */
export const ProveGrowthOutput = strict({
  from: z.string(),
  to: z.string(),
  proof: z.array(z.string()),
  vkey: z.string(),
  handovers: z.array(z.string()),
  fingerprint: z.string(),
});

export const VerifyChainsInput = strict({ chains: z.array(ChainName).max(500).optional() });
export const VerifyChainsOutput = strict({
  whole: z.boolean(),
  chains: z.array(
    z.strictObject({
      chain: ChainName,
      generation: Count,
      size: Count,
      at: IsoTime,
      broken: z.strictObject({ seq: Count, kind: z.string(), why: z.string() }).nullable(),
    }),
  ),
});
