import { join } from "node:path";
import { type Home, PILOT_STUDY } from "@sallyport/app-host";
import { syntheticDataset } from "@sallyport/app-host/synthetic-study";
import { connect, items } from "@sallyport/client";

const SUBJECTS_PER_SITE = 18;

/** Brings invented subjects into all sites of the pilot study, 306 of them, by upload and release. */
export async function bringPilotSubjects(home: Home): Promise<void> {
  const ingest = connect({ profile: join(home.profiles, "ingest") });
  const steward = connect({ profile: join(home.profiles, "steward") });
  try {
    const { studies } = await steward.api.studies.list.query({});
    const sites = studies.find(({ study }) => study === PILOT_STUDY)?.sites ?? [];
    const content = syntheticDataset(
      PILOT_STUDY,
      sites.map(({ site, name, country }) => ({ id: site, name, country })),
      SUBJECTS_PER_SITE,
    );
    const { packetId } = await ingest.api.packets.upload.mutate({ study: PILOT_STUDY, content });
    await steward.api.packets.release.mutate({ packetId, reason: "Subjects for a measurement." });
  } finally {
    await Promise.all([ingest.close(), steward.close()]);
  }
}

/** The ids of the pilot study's subjects, as a profile may list them. */
export async function pilotSubjectIds(profile: string): Promise<readonly string[]> {
  const reviewer = connect({ profile });
  try {
    const ids: string[] = [];
    for await (const { subjectId } of items(reviewer.api.subjects.list.query, { study: PILOT_STUDY, limit: 100 })) ids.push(subjectId);
    return ids;
  } finally {
    await reviewer.close();
  }
}
