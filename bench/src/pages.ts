import { measurePages } from "@sallyport/e2e/page-speed";
import { type Figure, figureOf } from "./figure.ts";

const FEW = 1000;
const MANY = 1_000_000;
const ROUNDS = 5;
/** A page over a million crossings takes three times as long as one over a thousand at most. */
const GOAL = 0.33;

/** What people look at first, in a browser against the whole product: until its rows are seen, over a million crossings against a thousand. */
export async function measurePageLoads(): Promise<readonly Figure[]> {
  const measured = await measurePages([FEW, MANY], ROUNDS);
  const perSecond = (path: string, crossings: number): readonly number[] =>
    measured.filter((times) => times.path === path && times.crossings === crossings).flatMap(({ ms }) => ms.map((each) => 1000 / each));
  return [...new Set(measured.map(({ path }) => path))].map((path) =>
    figureOf({ name: `page ${path}`, against: "the same page over a thousand crossings", goal: GOAL }, perSecond(path, MANY), perSecond(path, FEW)),
  );
}
