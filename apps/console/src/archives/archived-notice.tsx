import type { OutputOf } from "../api/procedures.ts";
import Link from "next/link";
import { Badge } from "../components/states.tsx";
import { generationKey, timeText } from "./archive-text.ts";

type Archived = OutputOf<"crossings.search">["archived"];

/** Says that what is looked for may be in archives: nothing that was archived is found here. */
export function ArchivedNotice({ archived }: { readonly archived: Archived }) {
  const [first, ...others] = archived;
  if (first === undefined) return null;
  const last = others.at(-1) ?? first;
  return (
    <p>
      <Badge tone="caution">archived</Badge> {archived.length === 1 ? "A generation was" : `${archived.length} generations were`} archived: records from {timeText(first.from)} to{" "}
      {timeText(last.to)} are not searched here.{" "}
      <Link href={archived.length === 1 ? `/archives?generation=${encodeURIComponent(generationKey(first))}` : "/archives"}>Which bundles hold them</Link>
    </p>
  );
}
