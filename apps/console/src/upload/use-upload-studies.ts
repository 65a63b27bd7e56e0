"use client";

import type { OutputOf } from "../api/procedures.ts";
import { useCall } from "../api/use-call.ts";
import { useMay, useMe } from "../frame/me.ts";

type Me = OutputOf<"me.overview">;
type Study = OutputOf<"studies.list">["studies"][number];

/** A study that something may be brought in for. */
export interface UploadStudy {
  readonly study: string;
  readonly title: string | null;
  /** The sites of it that a document may be brought in for, as far as they are known; and whether one may be for the whole study. */
  readonly sites: readonly string[];
  readonly isWhole: boolean;
}

/**
 * The studies that the person's own assignments let them bring packets in for, with their titles where they may know them. It only spares
 * people what would be refused: the api decides.
 */
export function uploadStudies({ assignments, grants }: Pick<Me, "assignments" | "grants">, known: readonly Pick<Study, "study" | "title" | "sites">[]): readonly UploadStudy[] {
  const roles = new Set(grants.flatMap(({ role, action }) => (action === "packet.upload" ? [role] : [])));
  const held = assignments.filter(({ role }) => roles.has(role));
  const places = new Set(held.map(({ study }) => study));
  const reach = (study: string, all: readonly string[]): Pick<UploadStudy, "sites" | "isWhole"> => {
    const sites = held.filter((each) => each.study === study || each.study === "*").map(({ site }) => site);
    const isWhole = sites.includes("*");
    return { isWhole, sites: isWhole ? all : [...new Set(sites)].toSorted((a, b) => a.localeCompare(b, "en", { numeric: true })) };
  };
  const titled = known
    .filter(({ study }) => places.has(study) || places.has("*"))
    .map(({ study, title, sites }) => ({
      study,
      title,
      ...reach(
        study,
        sites.map(({ site }) => site),
      ),
    }));
  const untitled = [...places].filter((study) => study !== "*" && !titled.some((each) => each.study === study)).map((study) => ({ study, title: null, ...reach(study, []) }));
  return [...titled, ...untitled].toSorted((a, b) => a.study.localeCompare(b.study, "en", { numeric: true }));
}

/** The same of whoever is signed in; null while it isn't known. */
export function useUploadStudies(): readonly UploadStudy[] | null {
  const me = useMe();
  const mayRead = useMay("study.read");
  const studies = useCall("studies.list", {}, { enabled: mayRead });
  if (me.data === undefined || (mayRead && studies.isPending)) return null;
  return uploadStudies(me.data, studies.data?.studies ?? []);
}
