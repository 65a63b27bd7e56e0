"use client";

import { useSearchParams } from "next/navigation";
import { useEffect, useState } from "react";
import { useCall } from "../api/use-call.ts";
import { Button } from "../components/button.tsx";
import { Refusal } from "../components/refusal.tsx";
import { Badge, EmptyState, PageHead, Panel, Skeleton } from "../components/states.tsx";
import { Table } from "../components/table.tsx";
import { placeText } from "../people/place-text.ts";
import { StoppedAt } from "../roles/stopped-at.tsx";
import { type Ability, byResource, fieldsOf, pagesOf, placesOf, PREVIEW_MS } from "./preview.ts";

const PRINCIPAL = /^(?:prn|svc)_[a-z0-9_]{2,40}$/;

/** What somebody may see and do, as the engine decides it now: pages, acts, places and classes of fields, and nobody's data. */
export function PreviewPage() {
  const principal = useSearchParams().get("of") ?? "";
  return (
    <div className="stack">
      <PageHead title="Preview of rights" lead="What somebody may see and do, as it would be decided now." />
      {PRINCIPAL.test(principal) ? (
        <Preview key={principal} principal={principal} />
      ) : (
        <EmptyState title="Nobody is named">Open a person or a service, and look at their rights.</EmptyState>
      )}
    </div>
  );
}

function Preview({ principal }: { readonly principal: string }) {
  const call = useCall("policy.whatCan", { principal }, { isOnce: true });
  const [endedOf, setEndedOf] = useState(0);
  const madeAt = call.dataUpdatedAt;
  useEffect(() => {
    if (madeAt === 0) return undefined;
    const timer = setTimeout(() => setEndedOf(madeAt), madeAt + PREVIEW_MS - Date.now());
    return () => clearTimeout(timer);
  }, [madeAt]);
  if (call.isPending) return <Skeleton lines={10} label="Loading their rights" />;
  if (call.data === undefined) return <Refusal failure={call.error} onRetry={() => void call.refetch()} />;
  const { principalName, abilities, policy } = call.data;
  const name = principalName ?? principal;
  if (endedOf === madeAt)
    return (
      <EmptyState title="This preview has ended">
        <p>A preview is shown for fifteen minutes. Looking again is another crossing.</p>
        <Button onPress={() => void call.refetch()}>Look again</Button>
      </EmptyState>
    );
  return (
    <>
      <output className="advice preview-banner">
        <strong>Preview of {name}.</strong> You are still yourself: this look is on record under your name, with theirs beside it. It shows rights and opens no data, and nothing
        can be done here in their name. It ends after fifteen minutes. Decided by <code>{policy}</code>.
      </output>
      {abilities.length === 0 && <EmptyState title="Nothing is allowed">Whatever they ask for is denied.</EmptyState>}
      <Pages abilities={abilities} isService={principal.startsWith("svc_")} />
      {byResource(abilities).map(({ resource, abilities: acts }) => (
        <Panel key={resource} id={`on-${resource}`} title={resource.replaceAll("_", " ")}>
          <Table
            caption={`What they may do to a ${resource.replaceAll("_", " ")}`}
            rows={acts}
            keyOf={({ action }) => action}
            columns={[
              { key: "act", title: "Act", isHeader: true, cell: ({ action }) => <code>{action}</code> },
              {
                key: "where",
                title: "Where",
                cell: ({ paths, stoppedAt }) => (
                  <>
                    <PlaceList ability={paths} />
                    <StoppedAt sites={stoppedAt} />
                  </>
                ),
              },
              { key: "fields", title: "Fields", cell: ({ action, paths }) => <Fields ability={paths} isReveal={action.startsWith("phi.")} /> },
              { key: "role", title: "By role", isWide: true, cell: ({ paths }) => [...new Set(paths.map(({ role }) => role))].join(", ") },
            ]}
          />
        </Panel>
      ))}
    </>
  );
}

function Pages({ abilities, isService }: { readonly abilities: readonly Ability[]; readonly isService: boolean }) {
  const { offered, leftOut } = pagesOf(abilities);
  if (isService) return null;
  return (
    <Panel id="pages" title="Pages of the console">
      <ul className="badges">
        {offered.map(({ href, name }) => (
          <li key={href}>
            <Badge tone="stands">{name}</Badge>
          </li>
        ))}
      </ul>
      {leftOut.length > 0 && <p className="quiet">Left out: {leftOut.map(({ name }) => name).join(", ")}.</p>}
    </Panel>
  );
}

function PlaceList({ ability }: { readonly ability: Ability["paths"] }) {
  return (
    <ul>
      {placesOf(ability).map((place) => (
        <li key={`${place.study}/${place.site}`}>{placeText(place)}</li>
      ))}
    </ul>
  );
}

/** A reveal opens what it may for a purpose and a reason, one by one or upon an approval; whatever else is readable stands there. */
function Fields({ ability, isReveal }: { readonly ability: Ability["paths"]; readonly isReveal: boolean }) {
  const { readable, masked } = fieldsOf(ability);
  if (readable.length + masked.length === 0) return <span className="quiet">none of its own</span>;
  return (
    <span className="badges">
      {readable.map((one) => (
        <Badge key={one} tone="stands">
          {one} {isReveal ? "on request" : "in clear"}
        </Badge>
      ))}
      {masked.map((one) => (
        <Badge key={one}>{one} masked</Badge>
      ))}
    </span>
  );
}
