import type { LampState, PillarName, Source, StatusAnswer } from "./status-answer.ts";
import type { StatusView } from "./status-view.ts";

/** What people read about one control. */
export interface PillarText {
  readonly name: string;
  /** The question that the control answers at every crossing. */
  readonly question: string;
  readonly sentence: Readonly<Record<LampState, string>>;
  /** What to do when it is down. */
  readonly remedy: string;
}

export const pillarText: Readonly<Record<PillarName, PillarText>> = {
  workload: {
    name: "Workload",
    question: "Which system is calling?",
    sentence: {
      ok: "Certificates and the list of revoked ones are current.",
      down: "The list of revoked certificates is out of date, so no caller can be trusted.",
      unknown: "Only the api can say.",
    },
    remedy: "Check that the custodian is running: it signs the list of revoked certificates. Calls are taken again as soon as a fresh list is there.",
  },
  principal: {
    name: "Principal",
    question: "Who is acting?",
    sentence: { ok: "Tokens can be issued and checked.", down: "No key for tokens is in force, so nobody can prove who they are.", unknown: "Only the api can say." },
    remedy: "Check that the custodian is running and its token keys are in force.",
  },
  policy: {
    name: "Policy",
    question: "May they, here?",
    sentence: { ok: "The signed policy is in force.", down: "The policy is missing or is not the one that was signed, so everything is denied.", unknown: "Only the api can say." },
    remedy: "Tell a security administrator at once. Nothing is allowed until the signed policy is back.",
  },
  phi: {
    name: "PHI",
    question: "What may be opened?",
    sentence: { ok: "Keys can be reached; values open one crossing at a time.", down: "Keys can't be reached, so new values stay sealed.", unknown: "Only the api can say." },
    remedy: "Check that the custodian is running and has its root key. Values under keys in memory stay readable for a few minutes only.",
  },
  trail: {
    name: "Trail",
    question: "Is it on record?",
    sentence: {
      ok: "Every decision is sealed and checkpointed.",
      down: "The trail can't be written or is under an incident, so nothing is done.",
      unknown: "Only the api can say.",
    },
    remedy: "Check the database and the custodian. If the trail is frozen, two people have to release it.",
  },
};

interface Headline {
  readonly title: string;
  readonly detail: string;
}

const unheard: Readonly<Record<Exclude<Source, "health">, Headline & { readonly remedy: string }>> = {
  unreachable: {
    title: "The door is shut",
    detail: "The api does not answer, so nothing crosses.",
    remedy: "Check that the api is running. It starts with the other processes and is restarted when it ends.",
  },
  refused: {
    title: "The door is shut to this console",
    detail: "The api answers, but refuses this console.",
    remedy: "Check the console's certificate: it may have ended or been revoked. It is renewed when the supervisor runs.",
  },
  untrusted: {
    title: "The door can't be trusted",
    detail: "What answers at the api's address did not prove to be the api.",
    remedy: "Tell a security administrator at once, and do not send data until it is known what answers there.",
  },
  unreadable: {
    title: "The door's state is not known",
    detail: "The api's answer is not one that this console knows.",
    remedy: "Update the console and the api to the same version.",
  },
};

const COUNTS: readonly string[] = [
  "The api reports a fault",
  "One control is down",
  "Two controls are down",
  "Three controls are down",
  "Four controls are down",
  "All five controls are down",
];

/** The one sentence that the page is for. */
export function headlineOf(view: StatusView): Headline {
  if (view.phase === "loading") return { title: "Asking …", detail: "The console is asking the api how the door is." };
  if (view.phase === "unreachable") return { title: "No word from the console", detail: "This page can't reach the console that served it." };
  const headline = headlineOfAnswer(view.answer);
  return view.phase === "live" ? headline : { ...headline, title: `Last known: ${headline.title.replace(/^The/, "the")}` };
}

function headlineOfAnswer(answer: StatusAnswer): Headline {
  if (answer.source !== "health") return unheard[answer.source];
  const down = answer.pillars.filter((lamp) => lamp.state === "down").length;
  if (answer.state === "open") return { title: "The door is open", detail: "All five controls are ready. Every crossing is proven, decided and recorded." };
  const count = COUNTS[down] ?? "Controls are down";
  return answer.state === "closed"
    ? { title: "The door is shut", detail: `${count}, so nothing crosses until that is mended.` }
    : { title: "The door is half open", detail: `${count}: what needs it is refused, and the rest goes on.` };
}

/** What to do, most urgent first; empty when nothing is wrong. */
export function remediesOf(view: StatusView): readonly { readonly about: string; readonly remedy: string }[] {
  if (view.phase === "loading") return [];
  if (view.phase === "unreachable") return [{ about: "Console", remedy: "Check your network, then that the console is running. This page asks again by itself." }];
  const stale =
    view.phase === "stale" ? [{ about: "Console", remedy: "This page no longer reaches the console. What is shown is the last that it said; it asks again by itself." }] : [];
  return [...stale, ...remediesOfAnswer(view.answer)];
}

function remediesOfAnswer(answer: StatusAnswer) {
  if (answer.source !== "health") return [{ about: "Api", remedy: unheard[answer.source].remedy }];
  return answer.pillars.filter((lamp) => lamp.state === "down").map((lamp) => ({ about: pillarText[lamp.pillar].name, remedy: pillarText[lamp.pillar].remedy }));
}

/** A moment as it is shown: UTC, to the second, and the day when it isn't the day of `beside`. */
export function clockOf(iso: string, beside: string = iso): string {
  const time = `${iso.slice(11, 19)} UTC`;
  return iso.slice(0, 10) === beside.slice(0, 10) ? time : `${iso.slice(0, 10)} ${time}`;
}
