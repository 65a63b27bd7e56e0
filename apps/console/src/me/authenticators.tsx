"use client";

import dynamic from "next/dynamic";
import { useState } from "react";
import type { OutputOf } from "../api/procedures.ts";
import { Button } from "../components/button.tsx";
import { Icon } from "../components/icon.tsx";
import { Moment } from "../components/moment.tsx";
import { Badge, Panel } from "../components/states.tsx";
import { Table } from "../components/table.tsx";

const AddPasskey = dynamic(async () => (await import("./add-passkey.tsx")).AddPasskey, { ssr: false });
const RemoveAuthenticator = dynamic(async () => (await import("./remove-authenticator.tsx")).RemoveAuthenticator, { ssr: false });

export type Me = OutputOf<"me.overview">;
export type Authenticator = Me["authenticators"][number];

const BASIS: Readonly<Record<Authenticator["basis"], string>> = {
  founding: "founding link",
  invitation: "approved invitation",
  own: "your earlier one",
  recovery: "approved recovery",
};

/** What the person signs in with; one can be added, and any but the last removed. */
export function Authenticators({ me }: { readonly me: Me }) {
  const [isAdding, setAdding] = useState(false);
  const [removing, setRemoving] = useState<Authenticator | null>(null);
  return (
    <Panel
      id="authenticators"
      title="Authenticators"
      acts={
        <Button onPress={() => setAdding(true)}>
          <Icon name="plus" size={16} />
          Add a passkey
        </Button>
      }
    >
      {me.authenticators.length === 1 && (
        <p className="advice">
          <strong>This is your only authenticator.</strong> If it is lost, two other people have to recover your access. Add a second one.
        </p>
      )}
      <Table
        caption="What you sign in with"
        rows={me.authenticators}
        keyOf={({ authenticatorId }) => authenticatorId}
        columns={[
          { key: "label", title: "Name", isHeader: true, cell: ({ label }) => label },
          {
            key: "kind",
            title: "Kind",
            cell: ({ kind }) => (kind === "passkey" ? <Badge tone="stands">passkey</Badge> : <Badge tone="caution">password and code</Badge>),
          },
          { key: "basis", title: "Rests on", isWide: true, cell: ({ basis }) => BASIS[basis] },
          { key: "added", title: "Added", cell: ({ addedAt }) => <Moment at={addedAt} /> },
          { key: "used", title: "Last used", cell: ({ lastUsedAt }) => (lastUsedAt === null ? "not yet" : <Moment at={lastUsedAt} />) },
          {
            key: "act",
            title: "Act",
            isAct: true,
            cell: (authenticator) => (
              <Button kind="quiet" isDisabled={me.authenticators.length === 1} onPress={() => setRemoving(authenticator)} aria-label={`Remove ${authenticator.label}`}>
                Remove
              </Button>
            ),
          },
        ]}
      />
      {isAdding && <AddPasskey me={me} onClose={() => setAdding(false)} />}
      {removing !== null && <RemoveAuthenticator me={me} authenticator={removing} onClose={() => setRemoving(null)} />}
    </Panel>
  );
}
