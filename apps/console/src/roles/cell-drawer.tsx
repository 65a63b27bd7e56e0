"use client";

import Link from "next/link";
import { type ReactNode, useMemo } from "react";
import { Dialog, DialogBody } from "../components/dialog.tsx";
import { Badge, EmptyState } from "../components/states.tsx";
import { useMay } from "../frame/me.ts";
import { grantsByCell } from "./matrix.ts";
import { type CellPlace, cellKey, type FieldStanding, type Grant, type PolicyContent, standingOf } from "./policy-content.ts";
import { expectedAt, isExpected, type Statement, statementsOf } from "./suite.ts";

export interface CellDrawerProps {
  readonly place: CellPlace;
  readonly content: PolicyContent;
  readonly suite: string;
  readonly fieldClasses: readonly string[];
  /** Whether there is such an act and thing at all: a link can name what there isn't. */
  readonly isKnown: boolean;
  readonly onClose: () => void;
  /** What the cell is edited with. */
  readonly children?: ReactNode;
}

const FIELD_TEXT: Readonly<Record<FieldStanding, string>> = { readable: "readable", masked: "masked, opened one by one", hidden: "hidden" };

/** One cell: what it allows, of which fields and under which condition, and whether the policy's tests expect it so. */
export function CellDrawer({ place, content, suite, fieldClasses, isKnown, onClose, children }: CellDrawerProps) {
  const mayChange = useMay("role.change");
  const role = content.roles.find(({ name }) => name === place.role);
  const grant = grantsByCell(content).get(cellKey(place));
  return (
    <Dialog title="A right of a role" shape="drawer" isOpen onClose={onClose}>
      <DialogBody>
        {role === undefined || !isKnown ? (
          <EmptyState title="There is no such cell">The policy in force has no such role, or there is no such act or thing.</EmptyState>
        ) : (
          <>
            <div className="cell-title">
              <p>
                <code>{place.role}</code> <Badge tone={grant === undefined ? "neutral" : "stands"}>{grant === undefined ? "denied" : "allowed"}</Badge>
              </p>
              <p>
                <code>{place.action}</code> on <code>{place.resource}</code>
              </p>
            </div>
            <p className="quiet">
              {role.description} Assigned by: {role.assignableBy.join(", ") || "nobody"}.
            </p>
            {children}
            <CellFacts grant={grant} fieldClasses={fieldClasses} />
            <Expectation place={place} grant={grant} suite={suite} />
            <p className="form-acts cell-acts">
              <Link href={`/roles/reach?action=${place.action}&resource=${place.resource}`}>Who can do this?</Link>
              {children === undefined && mayChange && <Link href={`/roles/edit?cell=${cellKey(place).replaceAll(" ", "~")}`}>Propose a change of it</Link>}
            </p>
          </>
        )}
      </DialogBody>
    </Dialog>
  );
}

function CellFacts({ grant, fieldClasses }: { readonly grant: Grant | undefined; readonly fieldClasses: readonly string[] }) {
  if (grant === undefined) return <p>No rule allows it, so it is denied, everywhere and to every holder of this role.</p>;
  return (
    <dl className="pairs pairs-plain">
      <dt>Rule</dt>
      <dd>
        <code>{grant.id}</code>
      </dd>
      <dt>Condition</dt>
      <dd>{grant.conditions === undefined ? "none beside the role and its place" : "signed in with a passkey"}</dd>
      {grant.fields === undefined ? (
        <>
          <dt>Fields</dt>
          <dd>it shows none</dd>
        </>
      ) : (
        fieldClasses.map((one) => (
          <div key={one} className="pair">
            <dt>Fields: {one}</dt>
            <dd>{FIELD_TEXT[standingOf(grant, one)]}</dd>
          </div>
        ))
      )}
    </dl>
  );
}

const expectedText = (statement: Statement | null): string =>
  statement === null
    ? "denied: the tests don't list it"
    : [
        "allowed",
        ...(statement.readable.length > 0 ? [`readable ${statement.readable.join(", ")}`] : []),
        ...(statement.masked.length > 0 ? [`masked ${statement.masked.join(", ")}`] : []),
        ...(statement.signedInBy === null ? [] : ["only with a passkey"]),
      ].join("; ");

function Expectation({ place, grant, suite }: { readonly place: CellPlace; readonly grant: Grant | undefined; readonly suite: string }) {
  const statements = useMemo(() => statementsOf(suite), [suite]);
  const statement = statements === null ? null : expectedAt(statements, place);
  return (
    <section aria-labelledby="expects-title">
      <h3 id="expects-title" className="part-title">
        What the policy&apos;s tests expect
      </h3>
      {statements === null ? (
        <p>
          <Badge tone="caution">unreadable</Badge> The tests can&apos;t be read as they are written.
        </p>
      ) : (
        <p>
          <Badge tone={isExpected(statement, grant) ? "stands" : "shut"}>{isExpected(statement, grant) ? "as it is" : "otherwise"}</Badge> {expectedText(statement)}.
        </p>
      )}
    </section>
  );
}
