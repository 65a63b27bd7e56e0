import type { OutputOf } from "../api/procedures.ts";

export type Review = OutputOf<"reviews.list">["reviews"][number];
export type Line = OutputOf<"reviews.get">["items"][number];

/** Whose assignments a review is about, in words. */
export function scopeText({ study, site, role }: Review["scope"]): string {
  const place = study === "*" ? "everywhere" : site === "*" ? `${study}, all sites` : `${study} / ${site}`;
  return role === "*" ? `All roles, ${place}` : `${role}, ${place}`;
}

export const progressText = ({ decided, lines }: Pick<Review, "decided" | "lines">): string => `${decided.toLocaleString("en-GB")} of ${lines.toLocaleString("en-GB")} decided`;
