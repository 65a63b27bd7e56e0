"use client";

import dynamic from "next/dynamic";
import { useState } from "react";
import { Button } from "../components/button.tsx";
import { Dialog, DialogBody } from "../components/dialog.tsx";
import { Moment } from "../components/moment.tsx";
import { Badge } from "../components/states.tsx";
import { useMay } from "../frame/me.ts";
import { LockOf } from "../locks/lock-of.tsx";
import { HeldRoles } from "../people/held-roles.tsx";
import { OffboardService } from "./offboard-service.tsx";
import { certificateState, type Service, STATUS } from "./service-text.ts";

const AskForService = dynamic(async () => (await import("./ask-for-service.tsx")).AskForService, { ssr: false });

interface ServiceDrawerProps {
  readonly service: Service;
  readonly nowMs: number;
  readonly onClose: () => void;
}

/** One service: who it proves to be, with which certificate it was last seen, what it may do, and what an administrator can do. */
export function ServiceDrawer({ service: row, nowMs, onClose }: ServiceDrawerProps) {
  const mayEnrol = useMay("workload.enrol");
  const [isAsking, setAsking] = useState(false);
  const { service, workload, principal, status, created, leftAt, certificate } = row;
  const hasLeft = status === "left";
  const state = certificateState(row, nowMs);
  return (
    <Dialog title="Service" shape="drawer" isOpen onClose={onClose}>
      <DialogBody>
        <p className="person-title">
          <strong>{service}</strong> <Badge tone={STATUS[status].tone}>{STATUS[status].text}</Badge>
        </p>
        {leftAt !== null && (
          <p className="advice">
            Offboarded <Moment at={leftAt} />, for good. Its name stays with what it did, and is never given to another service.
          </p>
        )}
        <dl className="pairs pairs-plain">
          {created !== null && (
            <div className="pair">
              <dt>What it does</dt>
              <dd>{created.title}</dd>
            </div>
          )}
          <dt>Identity</dt>
          <dd>
            <code>{workload}</code>
          </dd>
          <dt>Principal</dt>
          <dd>
            <code>{principal}</code>
          </dd>
          <dt>Created</dt>
          <dd>{created === null ? "at the first start" : <Moment at={created.at} />}</dd>
          <dt>Certificate</dt>
          <dd>
            {state === null ? "not seen yet" : <Badge tone={state.tone}>{state.text}</Badge>}
            {certificate !== null && (
              <>
                {" "}
                until <Moment at={certificate.notAfter} />
              </>
            )}
          </dd>
          {certificate !== null && (
            <>
              <dt>Serial</dt>
              <dd>
                <code className="serial">{certificate.serial}</code>
              </dd>
              <dt>Last seen</dt>
              <dd>
                <Moment at={certificate.seenAt} />
              </dd>
            </>
          )}
        </dl>
        <HeldRoles principal={principal} name={service} assignments={row.assignments} isOpen={!hasLeft} nowMs={nowMs} />
        {mayEnrol && !hasLeft && (
          <section className="act" aria-labelledby="again-title">
            <div className="act-head">
              <h3 id="again-title" className="part-title">
                {created === null ? "Renewal" : "Enrol anew"}
              </h3>
              {created !== null && (
                <Button aria-label="Enrol anew: begin" onPress={() => setAsking(true)}>
                  Begin
                </Button>
              )}
            </div>
            <p className="quiet">
              {created === null
                ? "Its host's supervisor renews its certificate. It can be locked and offboarded here."
                : "It renews its certificate by itself. Where it lost it, or it ended, it gets another one-time code."}
            </p>
          </section>
        )}
        {!hasLeft && <LockOf target={{ kind: "workload", workload }} />}
        {!hasLeft && <OffboardService service={row} nowMs={nowMs} />}
      </DialogBody>
      {isAsking && <AskForService again={row} onClose={() => setAsking(false)} />}
    </Dialog>
  );
}
