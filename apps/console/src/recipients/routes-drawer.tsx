"use client";

import { useRouter } from "next/navigation";
import { useState } from "react";
import { useCall } from "../api/use-call.ts";
import { useChange } from "../api/use-change.ts";
import { ActForm } from "../components/act-form.tsx";
import { Button } from "../components/button.tsx";
import { Dialog, DialogBody } from "../components/dialog.tsx";
import { EffectList } from "../components/effect-list.tsx";
import { Refusal } from "../components/refusal.tsx";
import { EmptyState, Skeleton } from "../components/states.tsx";
import { useMay } from "../frame/me.ts";
import { useTell } from "../frame/notices.tsx";
import type { Recipient } from "./recipients-page.tsx";
import {
  draftOf,
  emptyRoute,
  moved,
  placeText,
  type RouteDraft,
  routeChanges,
  routeFaults,
  ROUTES_MAX,
  type RouteSettings,
  routesOf,
  routeWords,
  settingsOf,
} from "./route-draft.ts";
import { RouteFields } from "./route-fields.tsx";

/** Where a recipient takes packets; whoever may proposes another list, which a second person approves. */
export function RoutesDrawer({ recipient, onClose }: { readonly recipient: Recipient; readonly onClose: () => void }) {
  const list = useCall("outbox.list", { limit: 1 });
  const mayChange = useMay("route.change") && recipient.state === "active";
  const present = list.data === undefined ? null : routesOf(list.data.routes, recipient.recipientId).map(({ settings }) => settings);
  return (
    <Dialog title={`Routes to ${recipient.name}`} shape="drawer" isOpen onClose={onClose}>
      {present === null && (
        <DialogBody>{list.error === null ? <Skeleton lines={6} label="Loading the routes" /> : <Refusal failure={list.error} onRetry={() => void list.refetch()} />}</DialogBody>
      )}
      {present !== null && !mayChange && (
        <DialogBody>
          <Registered routes={present} />
        </DialogBody>
      )}
      {present !== null && mayChange && <ProposeRoutes recipientId={recipient.recipientId} present={present} onClose={onClose} />}
    </Dialog>
  );
}

function Registered({ routes }: { readonly routes: readonly RouteSettings[] }) {
  if (routes.length === 0) return <EmptyState title="No route is registered">Nothing is sent to this recipient until two people have registered one.</EmptyState>;
  return (
    <dl className="pairs pairs-plain">
      {routes.map((settings, rank) => (
        <div key={settings.name} className="pair">
          <dt>{placeText(rank)}</dt>
          <dd>{routeWords(settings)}</dd>
        </div>
      ))}
    </dl>
  );
}

interface ProposeRoutesProps {
  readonly recipientId: string;
  readonly present: readonly RouteSettings[];
  readonly onClose: () => void;
}

function ProposeRoutes({ recipientId, present: read, onClose }: ProposeRoutesProps) {
  const router = useRouter();
  const tell = useTell();
  // As it was when this opened: what is read anew meanwhile doesn't change what is being written.
  const [present] = useState(read);
  const [drafts, setDrafts] = useState<readonly RouteDraft[]>(() => (present.length === 0 ? [emptyRoute(0)] : present.map(draftOf)));
  const [isTried, setTried] = useState(false);
  const ask = useChange("approvals.requestRoutes", {
    refreshes: ["approvals.list"],
    onDone: ({ approval }) => {
      tell({ tone: "done", text: "Asked for. Another administrator compares the routes and approves them." });
      onClose();
      router.push(`/approvals?show=mine&request=${approval.approvalId}`);
    },
  });
  const faults = drafts.map((draft, at) =>
    routeFaults(
      draft,
      drafts.slice(0, at).map(({ name }) => name.trim()),
    ),
  );
  const isWhole = faults.every((each) => Object.keys(each).length === 0);
  const changes = routeChanges(present, drafts.map(settingsOf));
  return (
    <ActForm
      act="Ask for approval"
      isReady={isWhole && changes.length > 0}
      onTried={() => setTried(true)}
      isPending={ask.isPending}
      failure={ask.error}
      onCancel={onClose}
      onGo={(reason) => ask.mutate({ recipientId, routes: drafts.map(settingsOf), reason })}
      recorded={
        <ul>
          <li>that you asked for these routes in the place of those before</li>
          <li>a commitment to the reason</li>
        </ul>
      }
    >
      <p>The first healthy route is used, from the top. A fallback takes a packet only where surely nothing arrived over the route before.</p>
      {drafts.map((draft, rank) => (
        <RouteFields
          key={draft.at}
          draft={draft}
          rank={rank}
          isLast={rank === drafts.length - 1}
          faults={isTried ? (faults[rank] ?? {}) : {}}
          onChange={(changed) => setDrafts((now) => now.map((each) => (each.at === changed.at ? changed : each)))}
          onMove={(by) => setDrafts((now) => moved(now, rank, by))}
          onLeaveOut={drafts.length === 1 ? null : () => setDrafts((now) => now.filter(({ at }) => at !== draft.at))}
        />
      ))}
      {drafts.length < ROUTES_MAX && (
        <div className="form-acts">
          <Button onPress={() => setDrafts((now) => [...now, emptyRoute(Math.max(...now.map(({ at }) => at)) + 1)])}>Add a fallback route</Button>
        </div>
      )}
      <section aria-labelledby="route-changes">
        <h3 id="route-changes" className="part-title">
          What would change
        </h3>
        {isWhole && changes.length > 0 && <EffectList lines={changes} />}
        {isWhole && changes.length === 0 && <p className={isTried ? "field-error" : "quiet"}>Nothing: these are the routes as they are registered.</p>}
        {!isWhole && <p className="quiet">Shown once every route is complete.</p>}
      </section>
    </ActForm>
  );
}
