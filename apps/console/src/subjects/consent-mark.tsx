"use client";

import { useState } from "react";
import { Button } from "../components/button.tsx";
import { Badge } from "../components/states.tsx";
import { useMay } from "../frame/me.ts";
import { fieldKey } from "./field-groups.ts";
import { momentText } from "../components/moment-text.ts";
import { OpenValueCell } from "./open-value-cell.tsx";
import type { OpenValues } from "./open-values.ts";
import { RevealDialog, type Wanted } from "./reveal-dialog.tsx";

/** From which day is a date of the subject's, and is opened as their other values are. */
const DAY: Wanted = { field: "CONSENT.FROM", record: "1", title: "The day of the withdrawal" };

interface ConsentMarkProps {
  readonly subjectId: string;
  readonly withdrawnAt: string;
  readonly values: OpenValues;
}

/** Says that consent is withdrawn, and since when that is on record. */
export function ConsentMark({ subjectId, withdrawnAt, values }: ConsentMarkProps) {
  const mayReveal = useMay("phi.read");
  const [wanted, setWanted] = useState<Wanted | null>(null);
  const key = fieldKey(DAY);
  const open = values.at(key);
  return (
    <div className="consent-mark">
      <Badge tone="caution">Consent withdrawn</Badge>
      <span className="quiet">on record since {momentText(withdrawnAt)}</span>
      {open !== null ? (
        <OpenValueCell open={open} takesFocus onCover={() => values.cover("asked", key)} />
      ) : (
        mayReveal && (
          <Button kind="quiet" onPress={() => setWanted(DAY)} aria-label="Open the day of the withdrawal">
            From when
          </Button>
        )
      )}
      <RevealDialog subjectId={subjectId} wanted={wanted} values={values} onClose={() => setWanted(null)} onOpened={() => undefined} />
    </div>
  );
}
