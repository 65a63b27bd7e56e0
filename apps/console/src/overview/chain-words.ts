import type { OutputOf } from "../api/procedures.ts";
import { clockOf } from "../status/status-text.ts";

export type Chain = NonNullable<OutputOf<"overview.get">["chains"]>[number];
export type ChainSignal = "broken" | "scarred" | "waiting" | "stands";

/** A chain that no verification has gone over yet is waiting, not whole; one with a generation that was broken once is never whole again. */
export function chainSignal({ broken, brokenBefore, checkpointed, size, verifiedAt, sealsAt }: Chain): ChainSignal {
  if (broken !== null) return "broken";
  if (brokenBefore !== null) return "scarred";
  return checkpointed < size || (verifiedAt ?? sealsAt) === null ? "waiting" : "stands";
}

const n = (count: number): string => count.toLocaleString("en-GB");

/** How far the chain is signed. */
export function signedText({ size, checkpointed }: Chain): string {
  if (size === 0) return "Nothing written yet";
  if (checkpointed === 0) return `Not signed yet, ${n(size)} written`;
  return checkpointed < size ? `Up to ${n(checkpointed)}, ${n(size - checkpointed)} waiting` : `Up to ${n(checkpointed)}, all`;
}

type AnchorOf = Chain["anchors"][number];

/** What keeps us from taking the chain back: witnesses and folders, or, where there are none, time stamps. */
function holding({ anchors }: Chain): readonly AnchorOf[] {
  const keepers = anchors.filter(({ kind }) => kind !== "timestamp");
  return keepers.length > 0 ? keepers : anchors;
}

const farthest = (chain: Chain): AnchorOf | null => holding(chain).reduce<AnchorOf | null>((far, each) => (each.size > (far?.size ?? 0) ? each : far), null);

/** Up to where somebody outside holds a signed checkpoint, and how much isn't held. Without one, a rollback of everything at once is not excluded, and this says so. */
export function anchoredText(chain: Chain): string {
  const held = farthest(chain);
  if (held === null) return chain.anchors.length === 0 ? "Not anchored outside" : "Not anchored outside yet";
  const open = chain.size - held.size;
  return `Up to ${n(held.size)}, at ${held.name}${open > 0 ? `; ${n(open)} not yet` : ""}`;
}

const KINDS: Readonly<Record<AnchorOf["kind"], string>> = { witness: "Witness", timestamp: "Time stamp of", folder: "Write-once folder" };

/** One anchor of a chain in a line: up to where it has the chain, and since when. */
export function anchorLine({ kind, name, size, at, failure }: AnchorOf, beside?: string): string {
  const where = `${KINDS[kind]} ${name}`;
  if (failure === "anchor.refused") return `${where}: refuses what it was shown; it knows of another history`;
  const reached = size === 0 ? "nothing yet" : `up to ${n(size)}${at === null ? "" : `, since ${clockOf(at, beside)}`}`;
  if (failure === "trail.unprovable") return `${where}: ${reached}; what is stored doesn't prove what was signed since`;
  return `${where}: ${reached}${failure === null ? "" : ", not reached now"}`;
}

/** What was verified, when and how: a look at new records before a checkpoint is no verification of the older ones, and isn't told as one. */
export function verifiedText({ broken, brokenBefore, verifiedAt, sealsAt, checkedAt }: Chain): string {
  if (broken !== null) return `Broken at ${n(broken.seq)}: ${broken.kind}`;
  const before = brokenBefore === null ? "" : `Generation ${n(brokenBefore.generation)} is broken at ${n(brokenBefore.seq)}: ${brokenBefore.kind}. `;
  const isNewer = (time: string | null, than: string | null): time is string => time !== null && (than === null || time > than);
  const seals = isNewer(sealsAt, verifiedAt) ? `by seals ${clockOf(sealsAt, checkedAt ?? sealsAt)}` : null;
  const every = verifiedAt === null ? null : `every record verified ${clockOf(verifiedAt, checkedAt ?? verifiedAt)}`;
  const whole = [every, seals === null ? null : every === null ? `all verified ${seals}` : seals].filter((part) => part !== null).join(", ");
  const fresh = isNewer(checkedAt, sealsAt ?? verifiedAt) ? `new ones checked up to ${clockOf(checkedAt)}` : "";
  return `${before}${capital([whole === "" ? "not verified as a whole yet" : whole, fresh].filter((part) => part !== "").join("; "))}`;
}

const capital = (text: string): string => `${text.slice(0, 1).toUpperCase()}${text.slice(1)}`;

const rank: Record<ChainSignal, number> = { broken: 0, scarred: 1, waiting: 2, stands: 3 };

/** What is broken first, then `system`, then by name. */
export function inOrder(chains: readonly Chain[]): readonly Chain[] {
  const urgency = (chain: Chain): number => (chain.broken !== null ? 0 : chain.chain === "system" ? 1 : 2);
  return chains.toSorted((a, b) => urgency(a) - urgency(b) || a.chain.localeCompare(b.chain, "en"));
}

/** All chains in one sentence. */
export function chainsSentence(chains: readonly Chain[]): string {
  const signals = chains.map(chainSignal);
  const broken = signals.filter((each) => each === "broken").length;
  if (chains.length === 0) return "No chain is in your reach.";
  if (broken > 0) return `${broken === 1 ? "One chain is" : `${n(broken)} chains are`} broken. What is dangerous is stopped there until two people end the incident.`;
  const worst = signals.reduce<ChainSignal>((most, each) => (rank[each] < rank[most] ? each : most), "stands");
  const outside = chains.some((chain) => farthest(chain) !== null);
  const tail = outside ? "." : ", and not anchored outside.";
  if (worst === "scarred") {
    const scarred = signals.filter((each) => each === "scarred").length;
    return `${scarred === 1 ? "One chain has" : `${n(scarred)} chains have`} an earlier generation that is broken, and stays so on record. What was written since is unbroken as far as verified${tail}`;
  }
  return `${chains.length === 1 ? "The chain is" : `All ${n(chains.length)} chains are`} ${worst === "stands" ? "whole as last verified, and signed to the end" : "unbroken as far as verified"}${tail}`;
}
