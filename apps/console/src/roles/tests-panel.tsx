import { Badge, Panel } from "../components/states.tsx";
import { Table } from "../components/table.tsx";
import { counted } from "../packets/packet-text.ts";
import type { Proposal } from "./policy-content.ts";

/** What the policy's own tests came to, with what failed of them. */
export function TestsPanel({ tests: { asked, failed, failures } }: { readonly tests: Proposal["tests"] }) {
  return (
    <Panel
      id="tests-title"
      title="Its tests"
      acts={
        <Badge tone={failed === 0 ? "stands" : "shut"}>
          {failed === 0 ? `all ${asked.toLocaleString("en-GB")} pass` : `${counted(failed, "test")} of ${asked.toLocaleString("en-GB")} fail`}
        </Badge>
      }
    >
      {failed === 0 ? (
        <p className="quiet">
          Every role was asked for every act on every thing, and every act after every other by one person. What the tests don&apos;t list is expected to be denied, and is.
        </p>
      ) : (
        <>
          <p className="quiet">
            What the tests don&apos;t list is expected to be denied. Mend the policy, or say in its tests that it is meant.
            {failed > failures.length && ` The first ${failures.length} are shown.`}
          </p>
          <Table
            caption="Tests that fail"
            rows={failures}
            keyOf={({ says, role, action, resource, place }) => `${says ?? ""} ${role} ${action} ${resource} ${place}`}
            columns={[
              {
                key: "what",
                title: "Asked",
                isHeader: true,
                cell: ({ says, role, action, resource }) => (
                  <>
                    <code className="test-failed">
                      {role}: {action} {resource}
                    </code>
                    {says !== null && <span className="row-under">{says}</span>}
                  </>
                ),
              },
              { key: "place", title: "Where", cell: ({ place }) => place },
              { key: "expected", title: "Expected", cell: ({ expected }) => expected },
              { key: "found", title: "Found", cell: ({ found }) => <strong>{found}</strong> },
            ]}
          />
        </>
      )}
    </Panel>
  );
}
