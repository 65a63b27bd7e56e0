import type { DatasetLimits } from "./dataset-file.ts";
import { openDataset, type OpenedDataset } from "./open-dataset.ts";
import { openPatients } from "./open-patients.ts";
import type { Profile } from "./profile.ts";

/** Opens a file as the study's profile says what its files are. @throws SallyportError as the one that reads it. */
export const openSource = (source: () => AsyncIterable<Uint8Array>, profile: Profile, limits?: DatasetLimits): Promise<OpenedDataset> =>
  profile.source === "fhir-r4" ? openPatients(source, profile, limits) : openDataset(source, limits);
