import type { TrailReader } from "./trail-reader.ts";

/** Whether the trail has this person's enrolment. It is read from its beginning, for the two founders, once each. */
export async function isEnrolled(reader: TrailReader, person: string): Promise<boolean> {
  const head = (await reader.heads()).find(({ chain }) => chain === "system");
  for (let generation = 1; generation <= (head?.generation ?? 0); generation++)
    for await (const batch of reader.records("system", generation, 1, Number.MAX_SAFE_INTEGER))
      if (batch.some(({ body }) => body.includes('"action":"enrol"') && body.includes(`"resource":"person/${person}"`))) return true;
  return false;
}
