"use client";

import dynamic from "next/dynamic";
import { useState } from "react";
import type { OutputOf } from "../api/procedures.ts";
import { sendCall } from "../api/send.ts";
import { useCall } from "../api/use-call.ts";
import { Button } from "../components/button.tsx";
import { Moment } from "../components/moment.tsx";
import { Refusal } from "../components/refusal.tsx";
import { Panel } from "../components/states.tsx";
import { Table } from "../components/table.tsx";
import { FaultNotice } from "../proof/fault-notice.tsx";
import { useCeremony } from "../proof/use-ceremony.ts";
import { goToProvider } from "../sign-in/provider-visit.ts";
import type { Me } from "./authenticators.tsx";

const UnlinkIdentity = dynamic(async () => (await import("./unlink-identity.tsx")).UnlinkIdentity, { ssr: false });

export type LinkedIdentity = OutputOf<"me.provider">["identities"][number];

/** The identities elsewhere that sign the person in. Where there is no provider, and nothing is linked, there is nothing to show. */
export function LinkedIdentities({ me }: { readonly me: Me }) {
  const linked = useCall("me.provider", {});
  const ceremony = useCeremony();
  const [unlinking, setUnlinking] = useState<LinkedIdentity | null>(null);
  if (linked.isError) return <Refusal failure={linked.error} isInline />;
  if (linked.data === undefined) return null;
  const { issuer, identities } = linked.data;
  if (issuer === null && identities.length === 0) return null;
  const link = () => ceremony.run(async () => goToProvider((await sendCall("me.linkProviderOptions", {})).url));
  return (
    <Panel
      id="identities"
      title="Identities elsewhere"
      acts={
        issuer !== null &&
        !identities.some((each) => each.issuer === issuer) && (
          <Button isPending={ceremony.isBusy} onPress={link}>
            Link one of {new URL(issuer).host}
          </Button>
        )
      }
    >
      <FaultNotice fault={ceremony.fault} />
      {identities.length === 0 ? (
        <p className="quiet">None is linked. One that is signs you in, and proves nothing else: approving and signing take an authenticator of your own.</p>
      ) : (
        <Table
          caption="Identities elsewhere that sign you in"
          rows={identities}
          keyOf={({ identityId }) => identityId}
          columns={[
            { key: "issuer", title: "Provider", isHeader: true, cell: (identity) => new URL(identity.issuer).host },
            { key: "linked", title: "Linked", cell: ({ linkedAt }) => <Moment at={linkedAt} /> },
            { key: "used", title: "Last used", cell: ({ lastUsedAt }) => (lastUsedAt === null ? "not yet" : <Moment at={lastUsedAt} />) },
            {
              key: "act",
              title: "",
              isAct: true,
              cell: (identity) => (
                <Button kind="quiet" onPress={() => setUnlinking(identity)} aria-label={`Unlink ${new URL(identity.issuer).host}`}>
                  Unlink
                </Button>
              ),
            },
          ]}
        />
      )}
      {unlinking !== null && <UnlinkIdentity me={me} identity={unlinking} onClose={() => setUnlinking(null)} />}
    </Panel>
  );
}
