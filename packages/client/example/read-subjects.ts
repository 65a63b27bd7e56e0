import { connect, type Connection, hasCode, isDenial, items } from "@sallyport/client";

/** Counts the subjects that this workload may see, site by site, reading the list item by item. */
export async function countBySite({ api }: Connection, study: string): Promise<ReadonlyMap<string, number>> {
  const counts = new Map<string, number>();
  for await (const { site } of items(api.subjects.list.query, { study, limit: 100 })) counts.set(site, (counts.get(site) ?? 0) + 1);
  return counts;
}

/** Opens one field of one subject; null where this workload may not. */
export async function revealSex({ api }: Connection, subjectId: string): Promise<string | null> {
  try {
    const { value } = await api.subjects.reveal.mutate({ subjectId, field: "DM.SEX", purpose: "monitoring", reason: "source data verification" });
    return String(value);
  } catch (error) {
    if (isDenial(error)) return null;
    throw error;
  }
}

/** Releases a packet, with a key of the caller's: however often this runs, the packet is released once. */
export async function releaseOnce({ api }: Connection, packetId: string, idempotencyKey: string): Promise<"released" | "decided before"> {
  try {
    const { state } = await api.packets.release.mutate({ packetId, reason: "validated and reconciled" }, { context: { idempotencyKey } });
    return state;
  } catch (error) {
    if (hasCode(error, "packet.state")) return "decided before";
    throw error;
  }
}

const [profile, study = "CDISCPILOT01"] = process.argv.slice(2);
if (profile !== undefined) {
  const sallyport = connect({ profile });
  try {
    for (const [site, count] of await countBySite(sallyport, study)) process.stdout.write(`${site}\t${count}\n`);
  } finally {
    await sallyport.close();
  }
}
