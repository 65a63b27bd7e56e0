import type { OutputOf } from "../api/procedures.ts";

export type Chain = NonNullable<OutputOf<"overview.get">["chains"]>[number];
export type ChainSignal = "broken" | "waiting" | "stands";

/** A chain that no verification has gone over yet is waiting, not whole. */
export function chainSignal({ broken, checkpointed, size, verifiedAt }: Chain): ChainSignal {
  if (broken !== null) return "broken";
  return checkpointed < size || verifiedAt === null ? "waiting" : "stands";
}

const n = (count: number): string => count.toLocaleString("en-GB");

/** How far the chain is signed. */
export function signedText({ size, checkpointed }: Chain): string {
  if (size === 0) return "Nothing written yet";
  if (checkpointed === 0) return `Not signed yet, ${n(size)} written`;
  return checkpointed < size ? `Up to ${n(checkpointed)}, ${n(size - checkpointed)} waiting` : `Up to ${n(checkpointed)}, all`;
}

/** Up to where somebody outside holds a signed checkpoint. Without one, a rollback of everything at once is not excluded, and this says so. */
export const anchoredText = ({ anchored }: Chain): string => (anchored === null ? "Not anchored outside yet" : `Up to ${n(anchored.size)}, at ${anchored.where}`);

/** What the last verification found. */
export function verifiedText({ broken, verifiedAt }: Chain): string {
  if (broken !== null) return `Broken at ${n(broken.seq)}: ${broken.kind}`;
  return verifiedAt === null ? "Not verified yet" : "Whole";
}

const rank: Record<ChainSignal, number> = { broken: 0, waiting: 1, stands: 2 };

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
  const outside = chains.some(({ anchored }) => anchored !== null);
  return `${chains.length === 1 ? "The chain is" : `All ${n(chains.length)} chains are`} ${worst === "stands" ? "whole and signed to the end" : "unbroken as far as verified"}${outside ? "." : ", and not anchored outside yet."}`;
}
