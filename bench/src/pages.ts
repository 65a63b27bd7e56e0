import { measurePages, type Size } from "@sallyport/e2e/page-speed";
import { type Figure, figureOf } from "./figure.ts";

const FEW: Size = { crossings: 1000, people: 5, sites: 19, roles: 11 };
const MANY: Size = { crossings: 1_000_000, people: 500, sites: 60, roles: 40 };
const ROUNDS = 5;
/** A page over a million crossings, and one over 500 people, takes three times as long as one over few at most. */
const GOAL = 0.33;

/** What people look at, in a browser against the whole product: until its rows are seen, over much against little. */
export async function measurePageLoads(): Promise<readonly Figure[]> {
  const measured = await measurePages([FEW, MANY], ROUNDS, Number.POSITIVE_INFINITY);
  const perSecond = (path: string, size: Size): readonly number[] =>
    measured.filter((times) => times.path === path && times.size === size).flatMap(({ ms }) => ms.map((each) => 1000 / each));
  return [...new Set(measured.map(({ path }) => path))].map((path) =>
    figureOf({ name: `page ${path}`, against: "the same page over a thousand crossings, few people, sites and roles", goal: GOAL }, perSecond(path, MANY), perSecond(path, FEW)),
  );
}
