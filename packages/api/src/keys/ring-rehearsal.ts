import type { RehearseRingOutput, RingSummary } from "@sallyport/contracts";
import type { z } from "zod";

type Summary = z.input<typeof RingSummary>;
type Line = z.input<typeof RehearseRingOutput>["lines"][number];

const WHAT: Readonly<Record<Summary["ring"], string>> = {
  token: "Tokens are signed with it; every node verifies them.",
  kek: "Every data key is wrapped under it; it never leaves the custodian.",
  ca: "Every workload's certificate is by it, and every workload trusts it to say who the others are.",
  audit: "Every record's MAC is made with it.",
  sign: "Checkpoints, policies, profiles, approvals and exports are signed with it. Its fingerprint is what people compare, and its verifier key what witnesses have.",
  database:
    "The api and the custodian log in to the database by these passwords. The supervisor replaces them by their age, and when its operator asks: sallyport passwords rotate.",
};
const STEP: Readonly<Record<Summary["steps"][number]["step"], string>> = {
  add: "Make the next key",
  activate: "Put the next key in use",
  drop: "Take the next key back",
  revert: "Turn back to the key before",
  retire: "Retire the key before",
  reopen: "Open the retired key again",
};
const ITSELF: Readonly<Record<Summary["ring"], readonly string[]>> = {
  token: ["Nodes learn the next key within a second and show that they hold it.", "Sessions and services get tokens of the new key as they renew theirs, within fifteen minutes."],
  kek: ["Data keys are wrapped anew in the background, while both keys open.", "What nodes hold of data keys in memory stays good: the data keys are the same."],
  ca: [
    "Processes and profiles of the supervisor's machine get the new trust, and later the new certificate, within a minute.",
    "Services elsewhere get both with their renewals, within sixteen hours; sallyport renew --now at such a machine does it at once.",
    "A machine that slept past its certificate enrols anew through its supervisor.",
  ],
  audit: [
    "Every chain goes on in its next generation, whose first record cites the end of the one before; what waits meanwhile is sealed behind it.",
    "What the key before sealed verifies by that key, which is kept. Bundles need neither.",
  ],
  sign: [
    "Exports, excerpts and packets that were begun before end under the key that they name.",
    "A handover, signed by both keys, goes along with all that is signed from then on: who compared an earlier fingerprint can go on with that one.",
  ],
  database: [
    "The next passwords are seen to open the database before any process gets them; each process moves within a second, between two statements.",
    "The ones before end once nothing is logged in by them, twenty minutes later at the latest.",
  ],
};
const BACK: Readonly<Record<Summary["ring"], string>> = {
  token: "Until a minute before the end of the old key's window: turn back.",
  kek: "Until the old key is retired: turn back. Afterwards it can be opened again, for a database that was restored.",
  ca: "Until the old authority is retired: turn back. Both are trusted until then.",
  audit:
    "Until the old key is retired: turn back, which takes an approval too. Every chain goes on in one more generation then, sealed with the old key; what was closed stays closed.",
  sign: "Until the old key is retired: turn back, which takes an approval too, by a handover of its own. What the other signed meanwhile stays good.",
  database: "None is needed: a step that is cut off anywhere is gone on with by the supervisor's next start.",
};

const NAMES_MAX = 8;

/**
 * Says of a ring what stands on each of its keys, what turning it does, what it would break now, what is overdue and why, what updates itself, and how far there is a way back.
 * `fields`: how many are sealed with data keys under each key-encryption key; null where that isn't known.
 */
export function rehearsed(ring: Summary, fields: ReadonlyMap<string, number> | null): readonly Line[] {
  const lines: Line[] = [...inventoryOf(ring, fields), { about: "step", text: WHAT[ring.ring] }];
  const next = ring.keys.find(({ state }) => state === "next");
  if (ring.ring === "sign")
    lines.push(
      next?.vkey
        ? {
            about: "breaks",
            text: `A witness that hasn't got the next verifier key when it is put in use refuses every checkpoint from then on. Give it to each first, beside the one that it has: ${next.vkey}. Tell those who compare fingerprints of ${next.fingerprint ?? "-"}.`,
          }
        : { about: "step", text: "Before the next one is used, every witness has to be given its verifier key, which is shown here once it is made." },
    );
  for (const { step, isReady, blockers } of ring.steps) {
    lines.push({ about: "step", text: `${STEP[step]}: ${isReady ? "can be done now." : blockers.map((blocker) => blockerText(ring, blocker)).join(" ")}` });
    if (step === "activate" || step === "revert")
      for (const { kind, count } of blockers)
        if (kind === "unheld")
          lines.push({
            about: "breaks",
            text:
              ring.ring === "ca"
                ? `Done now, ${workloads(count ?? 0)} would refuse certificates of that authority: ${namesOf(ring, "lacking")}.`
                : `Done now, ${count === null ? "nodes that were not heard of yet" : nodes(count)} would refuse ${ring.ring === "sign" ? "what is signed with that key" : "tokens of that key"}.`,
          });
    if (step === "retire")
      for (const { kind, count } of blockers) {
        if (ring.ring === "ca" && kind === "in_use") lines.push({ about: "breaks", text: `Done now, ${workloads(count ?? 0)} would be refused: ${namesOf(ring, "holders")}.` });
        else if (ring.ring === "ca") lines.push({ about: "breaks", text: "Done now, calls on connections that are open could be refused." });
        else if (ring.ring === "audit")
          lines.push({
            about: "breaks",
            text: kind === "in_use" ? `Done now, ${chains(count)} could take no more records.` : "Done now, a record that is being stored could be refused.",
          });
        else if (kind === "in_use") lines.push({ about: "breaks", text: `Done now, ${count === null ? "data keys" : dataKeys(count)} could not be opened.` });
        else if (ring.ring === "sign") lines.push({ about: "breaks", text: "Done now, an export, an excerpt or a packet that names it could not be ended." });
        else if (ring.ring === "token") lines.push({ about: "breaks", text: "Done now, tokens that are still good would be refused." });
        else lines.push({ about: "breaks", text: "Done now, a data key that was made before and is being stored could not be opened." });
      }
  }
  if (!lines.some(({ about }) => about === "breaks")) lines.push({ about: "breaks", text: "Nothing, by what is known now." });
  for (const { kind, keyId, since } of ring.due) lines.push({ about: "overdue", text: dueText(kind, keyId, since) });
  const behind = ring.keys.find(({ state, holders }) => state === "retired" && holders.length > 0);
  if (ring.ring === "ca" && behind !== undefined)
    lines.push({
      about: "overdue",
      text: `${behind.keyId} is retired, and is trusted still, until they renew, by ${workloads(behind.holders.length)}: ${behind.holders.slice(0, NAMES_MAX).join(", ")}.`,
    });
  if (ring.due.length === 0) lines.push({ about: "overdue", text: ring.dueAt === null ? "Nothing." : `Nothing; the key in use is to be replaced by ${minute(ring.dueAt, "-")}.` });
  lines.push(...ITSELF[ring.ring].map((text): Line => ({ about: "itself", text })), { about: "back", text: BACK[ring.ring] });
  return lines;
}

/** What stands on each key that isn't destroyed. */
function inventoryOf({ ring, keys }: Summary, fields: ReadonlyMap<string, number> | null): readonly Line[] {
  return keys.filter(({ state }) => state !== "destroyed").map((key): Line => ({ about: "stands", text: `${key.keyId} (${key.state}): ${standingOn(ring, key, fields)}.` }));
}

const UNKNOWN = "could not be counted";

function standingOn(ring: Summary["ring"], { keyId, state, dataKeys: wraps, holders, tokens }: Summary["keys"][number], fields: ReadonlyMap<string, number> | null): string {
  switch (ring) {
    case "token":
      return tokens === null ? "how many of its tokens are still good is known a quarter of an hour after the custodian's start" : `${amount(tokens, "token")} still good`;
    case "kek":
      return `${wraps === null ? `data keys ${UNKNOWN}` : dataKeys(wraps)}, ${fields === null ? `fields ${UNKNOWN}` : `with ${amount(fields.get(keyId) ?? 0, "field")}`}`;
    case "ca":
      if (state === "next") return "no certificate yet";
      return `${state === "retired" ? "trusted still by" : "certificates of"} ${holders.length === 0 ? "nobody" : `${workloads(holders.length)}: ${shortened(holders)}`}`;
    case "audit": {
      const kept = wraps === null ? `generations ${UNKNOWN}` : `${amount(wraps, "generation")} verified by it`;
      return state === "retiring" ? `${kept}, ${chains(holders.length)} to go on with another` : kept;
    }
    case "sign":
      return state === "active" ? "all that is signed from now on" : state === "next" ? "nothing yet" : "what it signed stays good, and is counted nowhere";
    case "database":
      return state === "retiring" ? (holders.length === 0 ? "nobody logged in by it" : `still logged in by it: ${shortened(holders)}`) : "the processes' sessions";
  }
}

const amount = (count: number, what: string): string => `${count} ${what}${count === 1 ? "" : "s"}`;
const shortened = (names: readonly string[]): string => (names.length > NAMES_MAX ? `${names.slice(0, NAMES_MAX).join(", ")} and others` : names.join(", "));
/** To the minute: a line is read by people. */
const minute = (at: string | null, otherwise: string): string => (at === null ? otherwise : `${at.slice(0, 10)} ${at.slice(11, 16)} UTC`);
const nodes = (count: number): string => (count === 1 ? "1 node" : `${count} nodes`);
const workloads = (count: number): string => (count === 1 ? "1 workload" : `${count} workloads`);
/** The first of those who are waited for; the ring shows all. */
const namesOf = ({ keys }: Summary, what: "lacking" | "holders"): string => {
  const key = keys.find(({ state }) => state === "next") ?? keys.find(({ state }) => state === "retiring");
  const names = (what === "holders" ? keys.find(({ state }) => state === "retiring") : key)?.[what] ?? [];
  return shortened(names);
};
const chains = (count: number | null): string => (count === null ? "chains that could not be counted" : count === 1 ? "1 chain" : `${count} chains`);
const dataKeys = (count: number): string => (count === 1 ? "1 data key" : `${count} data keys`);

function blockerText({ ring }: Summary, { kind, until, count }: Summary["steps"][number]["blockers"][number]): string {
  switch (kind) {
    case "early":
      return `not before ${minute(until, "its window")}.`;
    case "late":
      return "too late: its window is over, or nearly. Make a new key instead.";
    case "unheld":
      if (ring === "ca") return `${workloads(count ?? 0)} did not show yet that they trust it.`;
      return count === null ? "it is not known yet which nodes run." : `${nodes(count)} did not show yet that they hold it.`;
    case "in_use":
      if (ring === "ca") return `${workloads(count ?? 0)} did not show a certificate of the new one yet.`;
      if (ring === "audit") return count === null ? "the chains that go on with it could not be counted." : `${chains(count)} did not go on with the new one yet.`;
      return count === null ? "the data keys under it could not be counted." : `${dataKeys(count)} are still wrapped under it.`;
    case "approval":
      return "asked for, and done when an administrator approves it with a passkey.";
  }
}

function dueText(kind: Summary["due"][number]["kind"], keyId: string, since: string | null): string {
  switch (kind) {
    case "age":
      return `${keyId} is overdue by its age since ${minute(since, "some time")}.`;
    case "use":
      return `${keyId} is overdue by its use.`;
    case "retire":
      return `${keyId} could have been retired long ago; waited for since ${minute(since, "some time")}.`;
    case "activate":
      return `${keyId} waits to be put in use since ${minute(since, "some time")}.`;
  }
}
