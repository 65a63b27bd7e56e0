import { readFileSync } from "node:fs";
import { RoleName, SetupPlan } from "@sallyport/contracts";
import { SallyportError } from "@sallyport/errors";
import { z } from "zod";
import type { StudyEntry } from "./founding-plan.ts";
import { type Profile, TERMINAL_PROFILE } from "./profiles.ts";

/** A first registration, as an operator writes it: studies with their sites, and the local profiles. */
export interface OperatorPlan {
  readonly studies: readonly StudyEntry[];
  readonly profiles: readonly Profile[];
}

const Assignment = z.strictObject({
  role: z.string().refine((role) => RoleName.safeParse(role).success, "is not a role's name"),
  study: z.string().min(1).max(40),
  site: z.string().min(1).max(40),
});
const Plan = z.strictObject({
  studies: SetupPlan.shape.studies.min(1),
  profiles: z
    .array(
      z.strictObject({
        name: z.string().regex(/^[a-z][a-z0-9-]{1,39}$/, "is lower-case letters, digits and -"),
        title: z.string().min(1).max(100),
        assignments: z.array(Assignment).min(1).max(50),
      }),
    )
    .min(1)
    .max(500),
});

/**
 * Reads and checks a plan file; docs/setup-plan.example.json is one.
 * @throws SallyportError `setting.invalid`, whose reason names the place in the file.
 */
export function readOperatorPlan(path: string): OperatorPlan {
  const invalid = (reason: string): SallyportError =>
    new SallyportError("setting.invalid", { setting: "plan", file: path, reason, remedy: "correct the file; docs/setup-plan.example.json shows one" });
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(path, "utf8"));
  } catch (error) {
    throw invalid(error instanceof SyntaxError ? "this is not JSON" : "the file can't be read");
  }
  const parsed = Plan.safeParse(value);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw invalid(`${issue?.path.join(".") || "the whole file"}: ${issue?.message ?? "is not a plan"}`);
  }
  const plan = parsed.data;
  const twice = firstTwice([
    ...plan.studies.map(({ id }) => `study ${id}`),
    ...plan.studies.flatMap((study) => study.sites.map((site) => `site ${study.id}/${site.id}`)),
    ...plan.profiles.map(({ name }) => `profile ${name}`),
  ]);
  if (twice !== null) throw invalid(`${twice} is there twice`);
  if (plan.profiles.some(({ name }) => name === TERMINAL_PROFILE)) throw invalid(`profile ${TERMINAL_PROFILE} is the one that people sign in with at the command line`);
  for (const { name, assignments } of plan.profiles)
    for (const { study, site } of assignments) assertRegistered(plan.studies, study, site, (reason) => invalid(`profile ${name}: ${reason}`));
  return plan;
}

function assertRegistered(studies: readonly StudyEntry[], study: string, site: string, invalid: (reason: string) => SallyportError): void {
  if (study === "*" && site !== "*") throw invalid("a role over all studies is held at all sites: site is *");
  if (study === "*") return;
  const found = studies.find(({ id }) => id === study);
  if (found === undefined) throw invalid(`study ${study} is not in this plan`);
  if (site !== "*" && !found.sites.some(({ id }) => id === site)) throw invalid(`site ${study}/${site} is not in this plan`);
}

function firstTwice(names: readonly string[]): string | null {
  return names.find((name, index) => names.indexOf(name) !== index) ?? null;
}
