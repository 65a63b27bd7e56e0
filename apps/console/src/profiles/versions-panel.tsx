import Link from "next/link";
import { Moment } from "../components/moment.tsx";
import { Badge, Panel } from "../components/states.tsx";
import { Table } from "../components/table.tsx";
import type { Profile } from "./profile-text.ts";

/** Every version that was ever in force; none is changed or taken away. */
export function VersionsPanel({ profile: { profile, version: shown, versions } }: { readonly profile: Profile }) {
  return (
    <Panel id="versions-title" title="Versions">
      <Table
        caption={`Versions of ${profile}, newest first`}
        rows={versions}
        keyOf={({ version }) => String(version)}
        columns={[
          {
            key: "version",
            title: "Version",
            isHeader: true,
            cell: ({ version }) =>
              version === shown ? <span aria-current="page">{version}, shown here</span> : <Link href={`/profiles/${profile}?version=${version}`}>{version}</Link>,
          },
          { key: "at", title: "In force since", cell: ({ at }) => <Moment at={at} /> },
          {
            key: "approval",
            title: "Approved under",
            cell: ({ approval }) =>
              approval === null ? <span className="quiet">comes with the product</span> : <Link href={`/approvals?show=all&request=${approval}`}>the request</Link>,
          },
          { key: "digest", title: "Digest", isWide: true, cell: ({ digest }) => <code>{digest.slice(0, 16)}</code> },
          { key: "signed", title: "Signature", cell: ({ signed }) => <Badge tone={signed ? "stands" : "shut"}>{signed ? "signed" : "not what was signed"}</Badge> },
        ]}
      />
    </Panel>
  );
}
