import {
  type Act,
  actOf,
  canonicalPolicy,
  type CompiledPolicy,
  compilePolicy,
  decide,
  decideAct,
  impactOf,
  type LivePrincipal,
  type Moment,
  type Place,
  type PolicyDocument,
  type Question,
  readPolicy,
  type Rights,
} from "@sallyport/policy";
import { casl, cedar, type Engine, seedShape } from "./decide-baselines.ts";
import { type Asked, SAMPLE_SCOPE, samplePolicy, sampleQuestions } from "./decide-sample.ts";
import { type Figure, figureOf } from "./figure.ts";
import { interleave } from "./interleave.ts";

const ROUNDS = 15;
const MEASURED_MS = 100;
const NOW_MS = 1_000;
const LARGE = 1_000;
const SMALL = 10;

const MOMENT: Moment = { nowMs: NOW_MS, signedInBy: null, subject: null };

/** A question as each engine is asked it: the plain strings, and what the product's boundary has ready – rights for each request, an act for each procedure. */
interface Readied extends Asked {
  readonly question: Question;
  readonly rights: Rights;
  readonly act: Act | null;
  readonly place: Place;
}

function readied(policy: CompiledPolicy, asked: readonly Asked[]): readonly Readied[] {
  const rights = new Map(asked.map(({ principal }) => [principal, policy.rights(principal, SAMPLE_SCOPE)]));
  return asked.map(({ principal, action, resource, site }) => {
    const place: Place = { kind: "one", site };
    const question = { principal, scope: SAMPLE_SCOPE, action, resource, place, nowMs: NOW_MS };
    return { principal, action, resource, site, question, rights: rights.get(principal) ?? policy.rights(principal, SAMPLE_SCOPE), act: actOf(action, resource), place };
  });
}

/** The product's own decision from strings alone, whole: scope, time, place, explanation. */
const fromStrings =
  (policy: CompiledPolicy): Engine<Readied> =>
  ({ question }) =>
    decide(policy, question).effect === "allow";

/** The same as the boundary asks it. */
const asBoundary: Engine<Readied> = ({ rights, act, place }) => decideAct(rights, act, place, MOMENT).effect === "allow";

/**
 * Questions a second of the processor's time, over all of them again and again. Of its time, because a decision is nothing else, and the turns of others
 * would count for whoever they fall to. It is read once in `inOneGo` questions: a reading can take as long as forty decisions.
 */
function perSecond(engine: Engine<Readied>, asked: readonly Readied[], inOneGo = asked.length): Promise<number> {
  const begun = process.cpuUsage();
  const spentMs = (): number => {
    const { user, system } = process.cpuUsage(begun);
    return (user + system) / 1000;
  };
  let done = 0;
  let allowed = 0;
  for (let at = 0; spentMs() < MEASURED_MS; at = (at + inOneGo) % asked.length) {
    for (let n = at; n < at + inOneGo; n += 1) if (engine(asked[n] as Readied)) allowed += 1;
    done += inOneGo;
  }
  if (allowed === 0) throw new Error("nothing was allowed");
  return Promise.resolve((done * 1000) / spentMs());
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
  const policy = compilePolicy(document);
  const asked = readied(policy, sampleQuestions(document));
  const engines = { strings: fromStrings(policy), boundary: asBoundary, map: seedShape(document), casl: casl(document), cedar: cedar(document) };
  for (const [name, engine] of Object.entries(engines))
    for (const one of asked.slice(0, name === "cedar" ? 512 : asked.length)) if (engine(one) !== engines.map(one)) throw new Error(`${name} answers otherwise`);
  const measured = await interleave(ROUNDS, {
    strings: () => perSecond(engines.strings, asked),
    boundary: () => perSecond(engines.boundary, asked),
    map: () => perSecond(engines.map, asked),
    casl: () => perSecond(engines.casl, asked),
    cedar: () => perSecond(engines.cedar, asked, 64),
  });
  const [map, withCasl] = ["the seed-shaped Map, raw strings", "CASL, an ability kept for each principal"];
  return [
    figureOf({ name: "decide, from strings", against: map, goal: 8 }, measured.strings, measured.map),
    figureOf({ name: "decide, from strings", against: withCasl, goal: 50 }, measured.strings, measured.casl),
    figureOf({ name: "decide, as the boundary", against: map, goal: 8 }, measured.boundary, measured.map),
    figureOf({ name: "decide, as the boundary", against: withCasl, goal: 50 }, measured.boundary, measured.casl),
    figureOf({ name: "decide, as the boundary", against: "Cedar (WebAssembly), preparsed", goal: null }, measured.boundary, measured.cedar),
    ...(await measureLarge()),
  ];
}

async function measureLarge(): Promise<readonly Figure[]> {
  const [small, large] = [samplePolicy(SMALL, 10), samplePolicy(LARGE, 10)];
  const [few, many] = [readied(compilePolicy(small), sampleQuestions(small)), readied(compilePolicy(large), sampleQuestions(large))];
  const canonical = canonicalPolicy(large);
  const changed: PolicyDocument = { ...large, version: 2, grants: large.grants.filter((_, n) => n % 500 !== 0) };
  const [before, after] = [compilePolicy(large), compilePolicy(changed)];
  const principals = [...new Set(many.map(({ principal }) => principal))];
  const sites = [...new Map(many.map(({ site }) => [`${site.study}/${site.site}`, site])).values()];
  const space = { principals, sites, nowMs: NOW_MS };
  const measured = await interleave(ROUNDS, {
    small: () => perSecond(asBoundary, few),
    large: () => perSecond(asBoundary, many),
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
function everyPointPerSecond(before: CompiledPolicy, after: CompiledPolicy, principals: readonly LivePrincipal[], asked: readonly Readied[]): number {
  const { document } = before;
  const acts = new Set(document.grants.map(({ action }) => action)).size * new Set(document.grants.map(({ resource }) => resource)).size;
  const sites = new Set(asked.map(({ site }) => `${site.study}/${site.site}`)).size;
  const [one, other] = [fromStrings(before), fromStrings(after)];
  const startMs = performance.now();
  let changed = 0;
  for (const question of asked) if (one(question) !== other(question)) changed += 1;
  if (changed > asked.length / 2) throw new Error("the two policies are not nearly the same");
  const pointsPerMs = asked.length / (performance.now() - startMs);
  return (pointsPerMs * 1000) / (principals.length * acts * sites);
}
