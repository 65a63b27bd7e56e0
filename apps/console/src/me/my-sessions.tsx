"use client";

import { useChange } from "../api/use-change.ts";
import { Button } from "../components/button.tsx";
import { Moment } from "../components/moment.tsx";
import { Refusal } from "../components/refusal.tsx";
import { Badge, Panel } from "../components/states.tsx";
import { Table } from "../components/table.tsx";
import { useTell } from "../frame/notices.tsx";
import type { Me } from "./authenticators.tsx";

const METHODS: Readonly<Record<Me["sessions"][number]["method"], string>> = { passkey: "passkey", password: "password and code", provider: "provider" };

/** Where the person is signed in. Any other session can be ended from here; this one ends by signing out. */
export function MySessions({ sessions }: { readonly sessions: Me["sessions"] }) {
  const tell = useTell();
  const end = useChange("me.endSession", { refreshes: ["me.overview"], onDone: () => tell({ tone: "done", text: "The session has ended. Its next request is refused." }) });
  return (
    <Panel id="sessions" title="Sessions">
      {end.isError && <Refusal failure={end.error} isInline />}
      <Table
        caption="Where you are signed in"
        rows={sessions}
        keyOf={({ sessionId }) => sessionId}
        columns={[
          {
            key: "via",
            title: "Where",
            isHeader: true,
            cell: ({ via, isThis }) => (
              <>
                {via === "console" ? "Console" : "Terminal"} {isThis && <Badge tone="stands">this one</Badge>}
              </>
            ),
          },
          { key: "method", title: "By", cell: ({ method }) => METHODS[method] },
          { key: "started", title: "Since", cell: ({ startedAt }) => <Moment at={startedAt} /> },
          { key: "seen", title: "Last active", cell: ({ lastSeenAt }) => <Moment at={lastSeenAt} /> },
          { key: "ends", title: "Ends by", isWide: true, cell: ({ endsAt }) => <Moment at={endsAt} /> },
          {
            key: "act",
            title: "Act",
            isAct: true,
            cell: ({ sessionId, isThis }) =>
              isThis ? null : (
                <Button kind="quiet" isPending={end.isPending && end.variables.sessionId === sessionId} onPress={() => end.mutate({ sessionId })}>
                  End
                </Button>
              ),
          },
        ]}
      />
    </Panel>
  );
}
