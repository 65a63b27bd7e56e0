import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { SallyportError } from "@sallyport/errors";
import type { Home } from "./home.ts";
import { writePrivate } from "./private-file.ts";

/** What the custodian says of itself when it is ready. */
export interface Deployment {
  /** `d` and 12 characters; made with the custodian's store. */
  readonly deployment: string;
  readonly trustDomain: string;
}

/** How and when a deployment was founded. */
export interface Founding {
  readonly seed: "synthetic" | "none" | "plan";
  readonly at: string;
  /** Whether the demonstration study's subjects still have to be brought in. */
  readonly awaitsSubjects?: boolean;
  /** Whether the egress process is registered. */
  readonly hasEgress?: boolean;
}

/** Reads what a custodian said with `ready`. @throws SallyportError `custodian.store` where it isn't one. */
export function deploymentOf(hello: Readonly<Record<string, unknown>>): Deployment {
  const { deployment, trustDomain } = hello;
  if (typeof deployment !== "string" || typeof trustDomain !== "string" || !/^[a-z0-9.-]{1,255}$/.test(trustDomain))
    throw new SallyportError("custodian.store", { reason: "the custodian did not say which deployment it belongs to" });
  return { deployment, trustDomain };
}

const deploymentFile = (home: Home): string => join(home.run, "deployment.json");

/** The deployment that this home belonged to at its last start, or null before the first. */
export function knownDeployment(home: Home): Deployment | null {
  return existsSync(deploymentFile(home)) ? deploymentOf(JSON.parse(readFileSync(deploymentFile(home), "utf8")) as Record<string, unknown>) : null;
}

/** Keeps which deployment this home belongs to. */
export const keepDeployment = (home: Home, deployment: Deployment): void => writePrivate(deploymentFile(home), JSON.stringify(deployment));

/** Keeps how this home's deployment was founded. */
export const keepFounding = (home: Home, founding: Founding): void => writePrivate(home.founded, JSON.stringify(founding));

/** How this home's deployment was founded, or null before that. */
export function knownFounding(home: Home): Founding | null {
  return existsSync(home.founded) ? (JSON.parse(readFileSync(home.founded, "utf8")) as Founding) : null;
}
