import type { ApiDeps } from "@sallyport/api";
import { type PasswordRecords, type PasswordStep, PASSWORD_WINDOWS, type Tx } from "@sallyport/db";

type Ring = NonNullable<Awaited<ReturnType<ApiDeps<Tx>["passwords"]>>>;
type Key = Ring["keys"][number];

/** Generations that are shown: those of the last year, at the age at which they are replaced. */
const SHOWN = 5;
const seconds = (ms: number): number => Math.floor(ms / 1000);

/** The database's passwords as a ring, by the steps that the supervisor took and the sessions that there are; null before the first. */
export async function passwordRing(records: Pick<PasswordRecords, "steps" | "holders">): Promise<Ring | null> {
  const steps = await records.steps();
  const active = lastOf(steps, "activate")?.generation ?? 0;
  if (active === 0) return null;
  const holders = lastOf(steps, "retire")?.generation === active - 1 || active === 1 ? [] : await records.holders(active);
  const first = Math.max(1, active - SHOWN + 1);
  const generations = Array.from({ length: (lastOf(steps, "add")?.generation ?? active) - first + 1 }, (_, at) => first + at);
  return {
    ring: "database",
    at: steps.length,
    windows: { ageMaxS: seconds(PASSWORD_WINDOWS.ageMaxMs), usesMax: null },
    keys: generations.map((generation) => keyOf(steps, generation, active, holders)),
  };
}

const lastOf = (steps: readonly PasswordStep[], step: PasswordStep["step"]): PasswordStep | undefined =>
  steps.filter((each) => each.step === step).sort((a, b) => b.generation - a.generation)[0];

function keyOf(steps: readonly PasswordStep[], generation: number, active: number, holders: readonly string[]): Key {
  const atMs = (step: PasswordStep["step"], of = generation): number | undefined => steps.find((each) => each.generation === of && each.step === step)?.atMs;
  const key = { id: `database-${generation}`, wraps: null, lacking: null };
  const fromMs = atMs("activate") ?? atMs("add") ?? 0;
  const retiredMs = atMs("retire");
  if (generation > active) return { ...key, state: "next", fromS: seconds(fromMs), untilS: null, holders: null };
  if (generation === active) return { ...key, state: "active", fromS: seconds(fromMs), untilS: null, holders: null };
  if (retiredMs !== undefined) return { ...key, state: "retired", fromS: seconds(fromMs), untilS: seconds(retiredMs), holders: null };
  const untilMs = (atMs("activate", generation + 1) ?? fromMs) + PASSWORD_WINDOWS.overlapMaxMs;
  return { ...key, state: "retiring", fromS: seconds(fromMs), untilS: seconds(untilMs), holders: [...holders] };
}
