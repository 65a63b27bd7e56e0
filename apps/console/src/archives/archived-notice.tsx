import type { OutputOf } from "../api/procedures.ts";
import Link from "next/link";
import { Badge } from "../components/states.tsx";
import { momentText } from "../components/moment-text.ts";
import { generationKey } from "./archive-text.ts";

type Archived = OutputOf<"crossings.search">["archived"];

/** Says that what is looked for may be in archives: nothing that was archived is found here. */
export function ArchivedNotice({ archived }: { readonly archived: Archived }) {
  const [first] = archived;
  if (first === undefined) return null;
  // Several chains' generations overlap, and don't come in the order of their times.
  const from = archived.reduce((least, each) => (each.from < least ? each.from : least), first.from);
  const to = archived.reduce((most, each) => (each.to > most ? each.to : most), first.to);
  return (
    <p>
      <Badge tone="caution">archived</Badge> {archived.length === 1 ? "A generation was" : `${archived.length} generations were`} archived: records from {momentText(from)} to{" "}
      {momentText(to)} are not searched here.{" "}
      <Link href={archived.length === 1 ? `/archives?generation=${encodeURIComponent(generationKey(first))}` : "/archives"}>Which bundles hold them</Link>
    </p>
  );
}
