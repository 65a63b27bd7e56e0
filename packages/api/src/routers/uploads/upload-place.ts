import type { UploadProgress } from "@sallyport/contracts";
import { UPLOAD_PART_BYTES } from "@sallyport/contracts";
import type { UploadRow } from "@sallyport/phi";
import type { z } from "zod";
import type { Located } from "../../boundary/decide-crossing.ts";
import type { Trace } from "../../boundary/trace.ts";
import type { ApiDeps } from "../../ports.ts";

/** How long an upload may take; what isn't completed by then is swept (the database has the same number). */
const UPLOAD_LASTS_MS = 24 * 60 * 60 * 1000;

/**
 * Where an upload belongs: at one at least of the sites that it could be for, or is for, and to its uploading principal alone. One that isn't
 * there has no site, and so ends as another's does.
 */
export async function locateUpload<Tx>(deps: Pick<ApiDeps<Tx>, "packets">, packetId: string, trace: Trace): Promise<Located<null>> {
  trace.about(packetId);
  const place = await deps.packets.placeOf(packetId);
  if (place === null) return { place: { kind: "one", site: null }, found: null };
  return { place: { kind: "any", sites: place.sites }, found: null, ownedBy: place.ingestedBy };
}

const iso = (ms: number): string => new Date(ms).toISOString();

/** An upload as its uploader sees it. */
export const progressOf = ({ id, study, state, beganAtMs, files }: Omit<UploadRow, "wrapped" | "profile">): z.input<typeof UploadProgress> => ({
  packetId: id,
  study,
  state,
  beganAt: iso(beganAtMs),
  expiresAt: iso(beganAtMs + UPLOAD_LASTS_MS),
  partBytes: UPLOAD_PART_BYTES,
  files: files.map(({ n, bytes, received }) => ({ n, bytes, received })),
});
