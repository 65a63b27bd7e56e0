import { join } from "node:path";
import { connect } from "@sallyport/client";
import type { Home } from "./home.ts";
import { DEMO_STUDY } from "./profiles.ts";
import { demoDataset } from "./synthetic-study.ts";

const REASON = "Subjects of the demonstration study, made at the first start.";

/**
 * Brings the demonstration study's subjects in through the product's own door: uploaded by one service, released by another.
 * The idempotency keys are fixed, so a first start that was cut short goes on where it was.
 */
export async function bringDemoSubjects(home: Home): Promise<void> {
  const ingest = connect({ profile: join(home.profiles, "ingest") });
  const steward = connect({ profile: join(home.profiles, "steward") });
  try {
    const { packetId } = await ingest.api.packets.upload.mutate({ study: DEMO_STUDY, content: demoDataset() }, { context: { idempotencyKey: "demonstration-upload-1" } });
    await steward.api.packets.release.mutate({ packetId, reason: REASON }, { context: { idempotencyKey: "demonstration-release-1" } });
  } finally {
    await Promise.all([ingest.close(), steward.close()]);
  }
}
