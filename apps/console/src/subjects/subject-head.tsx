import Link from "next/link";
import type { ReactNode } from "react";
import type { OutputOf } from "../api/procedures.ts";
import { Mask } from "../components/states.tsx";
import { placeQuery } from "./subject-place.ts";

interface SubjectHeadProps {
  readonly subject: OutputOf<"subjects.get">;
  /** What is marked of the subject, and what may be done to it. */
  readonly children?: ReactNode;
}

/** Who it is about, as far as a person may work with it: the label, and where the subject belongs. */
export function SubjectHead({ subject: { label, study, site }, children }: SubjectHeadProps) {
  return (
    <div className="subject-head">
      <p className="subject-name">{label}</p>
      <dl className="subject-facts">
        <div>
          <dt>Study</dt>
          <dd>
            <Link href={`/subjects${placeQuery({ study })}`}>{study}</Link>
          </dd>
        </div>
        <div>
          <dt>Site</dt>
          <dd>
            <Link href={`/subjects${placeQuery({ study, site })}`}>{site}</Link>
          </dd>
        </div>
        <div>
          <dt>USUBJID</dt>
          <dd>
            <Mask label="masked identifier" />
          </dd>
        </div>
      </dl>
      {children}
    </div>
  );
}
