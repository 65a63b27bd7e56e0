import type { OutputOf } from "../api/procedures.ts";
import type { BadgeTone } from "../components/states.tsx";

export type Service = OutputOf<"workloads.list">["workloads"][number];

export const STATUS: Readonly<Record<Service["status"], { readonly text: string; readonly tone: BadgeTone }>> = {
  active: { text: "active", tone: "stands" },
  suspended: { text: "locked", tone: "shut" },
  left: { text: "offboarded", tone: "neutral" },
};

const LIFE_MS = 86_400_000;

/** How a service's certificate stands, as far as the api has seen it. */
export function certificateState({ certificate, created, status }: Service, nowMs: number): { readonly text: string; readonly tone: BadgeTone } | null {
  if (status === "left") return { text: "revoked", tone: "neutral" };
  if (certificate === null) return created === null ? null : { text: "not enrolled", tone: "caution" };
  const leftMs = Date.parse(certificate.notAfter) - nowMs;
  if (leftMs <= 0) return { text: "ended", tone: "shut" };
  return leftMs < LIFE_MS / 4 ? { text: "renewal is late", tone: "caution" } : { text: "in force", tone: "stands" };
}

/** What a filter looks at. */
export const matches = ({ service, workload, status, created, assignments }: Service, words: readonly string[]): boolean => {
  const held = assignments.flatMap(({ role, study, site }) => [role, study, site]);
  const text = [service, workload, STATUS[status].text, created?.title ?? "", ...held].join(" ").toLowerCase();
  return words.every((word) => text.includes(word));
};
