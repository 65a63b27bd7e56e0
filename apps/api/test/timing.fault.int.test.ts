import { faultTest, timePairs, WELCH_LIMIT, welchT } from "@sallyport/testkit";
import { afterAll, beforeAll, expect } from "vitest";
import type { Ports } from "./lax-ports.ts";
import { plantForeign, probesOf } from "./probes.ts";
import { type Api, type Deployment, deployment } from "./stack.ts";

const LONG = process.env["SALLYPORT_TEST_LONG"] !== undefined;
/** Interleaved pairs a procedure, shared by its probes. The long run's is the number that the guarantee is stated for. */
const PAIRS = LONG ? 10_000 : 30;
/** What it takes to see a millisecond on a busy machine. */
const PAIRS_TO_SEE = LONG ? 10_000 : 250;
/** Every procedure in the long run, every second one otherwise. */
const isMeasured = (_: string, index: number): boolean => LONG || index % 2 === 0;
/** Probes that are measured at once. */
const LANES = LONG ? 6 : 1;

let at: Deployment;
let probes: ReturnType<typeof probesOf> = {};
beforeAll(async () => {
  at = await deployment();
  await using api = await at.serve();
  await at.seed(api);
  probes = probesOf(await plantForeign(at, api));
});
afterAll(() => at?.close());

const aMillisecond = (): void => {
  for (const until = performance.now() + 1; performance.now() < until; );
};

/** Takes a millisecond longer over what is there: the difference that a look-up more, or a comparison less, would make. */
const slowOverWhatIsThere: Ports = (real) => {
  const slowed = <T>(found: T): T => {
    if (found !== null) aMillisecond();
    return found;
  };
  return {
    ...real,
    packets: { ...real.packets, placeOf: async (id) => slowed(await real.packets.placeOf(id)) },
    subjects: { ...real.subjects, siteOf: async (id) => slowed(await real.subjects.siteOf(id)) },
  };
};

/** The greatest |t| over the probes of these procedures, several at once: what one does to another's time, it does to both of a pair alike. */
async function farthest(api: Api, procedures: readonly string[], pairs: number): Promise<{ readonly t: number; readonly of: string }> {
  const waiting = procedures.flatMap((procedure) => {
    const own = probes[procedure] ?? [];
    return own.map((probe, index) => ({ ...probe, procedure, of: `${procedure}/${index}`, pairs: Math.ceil(pairs / own.length) }));
  });
  let worst = { t: 0, of: "" };
  const lane = async (): Promise<void> => {
    for (let probe = waiting.shift(); probe !== undefined; probe = waiting.shift()) {
      const { who, procedure, foreign, absent, of, pairs: own } = probe;
      const ask = (input: object) => () => api.call(who, procedure, input);
      const measure = async (count: number): Promise<number> => Math.abs(welchT(await timePairs(count, ask(foreign), ask(absent))));
      const first = await measure(own);
      // A busy machine makes bursts, which no formula for independent values knows of. What is there is there in a second, longer sample too.
      const t = first < WELCH_LIMIT ? first : await measure(own * 2);
      if (t > worst.t) worst = { t, of };
    }
  };
  await Promise.all(Array.from({ length: LANES }, lane));
  return worst;
}

faultTest(
  "R3",
  "how long an answer takes tells what is at another site and what isn't there no better than chance, for every procedure",
  async (defence) => {
    // Connections are held through all of it: one that ends of age beneath a question would be no answer to time.
    await using api = await at.serve({ limits: { connectionAgeMs: 14_400_000 }, ...(defence === "off" && { ports: slowOverWhatIsThere }) });
    // The planted millisecond is in the look-ups of packets and subjects.
    const { t, of } = defence === "off" ? await farthest(api, ["packets.get", "subjects.get"], PAIRS_TO_SEE) : await farthest(api, Object.keys(probes).filter(isMeasured), PAIRS);
    expect(t, of).toBeLessThan(WELCH_LIMIT);
  },
  LONG ? 14_400_000 : 600_000,
);
