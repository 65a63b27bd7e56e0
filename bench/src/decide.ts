import { type CompiledPolicy, compilePolicy, canonicalPolicy, decide, impactOf, type LivePrincipal, type PolicyDocument, readPolicy } from "@sallyport/policy";
import { casl, cedar, type Engine, seedShape } from "./decide-baselines.ts";
import { type Asked, samplePolicy, sampleQuestions } from "./decide-sample.ts";
import { type Figure, figureOf } from "./figure.ts";
import { interleave } from "./interleave.ts";

const ROUNDS = 7;
const MEASURED_MS = 250;
const NOW_MS = 1_000;
const LARGE = 1_000;
const SMALL = 10;

/** The product's own decision, whole: scope, time, place, explanation. */
function product(policy: CompiledPolicy, asked: readonly Asked[]): Engine {
  const scopes = new Map(asked.map(({ action }) => [action, new Set([action])]));
  return ({ principal, action, resource, site }) =>
    decide(policy, { principal, scope: scopes.get(action) as ReadonlySet<string>, action, resource, place: { kind: "one", site }, nowMs: NOW_MS }).effect === "allow";
}

/** Questions a second, over all of them again and again. */
function perSecond(engine: Engine, asked: readonly Asked[]): Promise<number> {
  const startMs = performance.now();
  let done = 0;
  let allowed = 0;
  for (let at = 0; performance.now() - startMs < MEASURED_MS; at = (at + 64) % asked.length) {
    for (let n = at; n < at + 64; n += 1) if (engine(asked[n] as Asked)) allowed += 1;
    done += 64;
  }
  if (allowed === 0) throw new Error("nothing was allowed");
  return Promise.resolve((done * 1000) / (performance.now() - startMs));
}

function timesPerSecond(work: () => void): Promise<number> {
  const startMs = performance.now();
  let done = 0;
  for (; done === 0 || performance.now() - startMs < MEASURED_MS; done += 1) work();
  return Promise.resolve((done * 1000) / (performance.now() - startMs));
}

/** Decisions against plain ones, growth with the number of roles, and what activating and judging a large policy takes. */
export async function measureDecide(): Promise<readonly Figure[]> {
  const document = samplePolicy(20, 20);
  const asked = sampleQuestions(document);
  const engines = { product: product(compilePolicy(document), asked), map: seedShape(document), casl: casl(document), cedar: cedar(document) };
  for (const [name, engine] of Object.entries(engines))
    for (const one of asked.slice(0, name === "cedar" ? 512 : asked.length)) if (engine(one) !== engines.map(one)) throw new Error(`${name} answers otherwise`);
  const measured = await interleave(ROUNDS, {
    product: () => perSecond(engines.product, asked),
    map: () => perSecond(engines.map, asked),
    casl: () => perSecond(engines.casl, asked),
    cedar: () => perSecond(engines.cedar, asked),
  });
  return [
    figureOf({ name: "decide", against: "the seed-shaped Map, raw strings", goal: 8 }, measured.product, measured.map),
    figureOf({ name: "decide", against: "CASL, an ability kept for each principal", goal: 50 }, measured.product, measured.casl),
    figureOf({ name: "decide", against: "Cedar (WebAssembly), preparsed", goal: null }, measured.product, measured.cedar),
    ...(await measureLarge()),
  ];
}

async function measureLarge(): Promise<readonly Figure[]> {
  const [small, large] = [samplePolicy(SMALL, 10), samplePolicy(LARGE, 10)];
  const [few, many] = [sampleQuestions(small), sampleQuestions(large)];
  const [askSmall, askLarge] = [product(compilePolicy(small), few), product(compilePolicy(large), many)];
  const canonical = canonicalPolicy(large);
  const changed: PolicyDocument = { ...large, version: 2, grants: large.grants.filter((_, n) => n % 500 !== 0) };
  const [before, after] = [compilePolicy(large), compilePolicy(changed)];
  const principals = [...new Set(many.map(({ principal }) => principal))];
  const sites = [...new Map(many.map(({ site }) => [`${site.study}/${site.site}`, site])).values()];
  const space = { principals, sites, nowMs: NOW_MS };
  const measured = await interleave(ROUNDS, {
    small: () => perSecond(askSmall, few),
    large: () => perSecond(askLarge, many),
    activation: () => timesPerSecond(() => readPolicy(canonical)),
    parse: () => timesPerSecond(() => JSON.parse(canonical)),
    impact: () => timesPerSecond(() => impactOf(before, after, space)),
    everyPoint: () => Promise.resolve(everyPointPerSecond(before, after, principals, many)),
  });
  return [
    figureOf({ name: "decide, 1000 roles", against: "the same with 10 roles", goal: null }, measured.large, measured.small),
    figureOf({ name: "activation, 1000 roles", against: "JSON.parse of the same bytes", goal: null }, measured.activation, measured.parse),
    figureOf({ name: "impact, 1000 roles", against: "asking both policies at every point", goal: null }, measured.impact, measured.everyPoint),
  ];
}

/** How often a second the whole space could be asked through, told from a part of it: the whole takes too long to wait for. */
function everyPointPerSecond(before: CompiledPolicy, after: CompiledPolicy, principals: readonly LivePrincipal[], asked: readonly Asked[]): number {
  const { document } = before;
  const acts = new Set(document.grants.map(({ action }) => action)).size * new Set(document.grants.map(({ resource }) => resource)).size;
  const sites = new Set(asked.map(({ site }) => `${site.study}/${site.site}`)).size;
  const [one, other] = [product(before, asked), product(after, asked)];
  const startMs = performance.now();
  let changed = 0;
  for (const question of asked) if (one(question) !== other(question)) changed += 1;
  if (changed > asked.length / 2) throw new Error("the two policies are not nearly the same");
  const pointsPerMs = asked.length / (performance.now() - startMs);
  return (pointsPerMs * 1000) / (principals.length * acts * sites);
}
