import { Lamp } from "../components/lamp.tsx";
import { Panel } from "../components/states.tsx";
import { Table } from "../components/table.tsx";
import { CheckFaults } from "./check-faults.tsx";
import { DOCUMENT_CHECK_TEXT, type InspectedDocument, mediaText, placeText, wouldText } from "./document-text.ts";
import { DOCUMENT_TEXT } from "./document-types.ts";
import { bytesText } from "./packet-text.ts";

/** The packet's documents: what each says that it is, what its content is, and what the checks say. */
export function DocumentsPanel({ documents }: { readonly documents: readonly InspectedDocument[] }) {
  return (
    <Panel id="documents-title" title={documents.length === 1 ? "Document and checks" : "Documents and checks"}>
      <Table
        caption="Documents"
        rows={documents}
        keyOf={({ n }) => String(n)}
        columns={[
          {
            key: "document",
            title: "Document",
            isHeader: true,
            cell: ({ n, type, site }) => (
              <>
                <span className="quiet numeral">{n}</span> {DOCUMENT_TEXT[type]}
                <span className="row-under">{placeText(site)}</span>
              </>
            ),
          },
          {
            key: "content",
            title: "Content",
            cell: (document) => (
              <>
                {mediaText(document)}
                <span className="row-under">{sizeText(document)}</span>
              </>
            ),
          },
          { key: "digest", title: "SHA-256", isWide: true, cell: ({ sha256 }) => <code title={sha256}>{sha256.slice(0, 16)}…</code> },
          { key: "would", title: "A release", cell: ({ would }) => wouldText(would) },
          { key: "checks", title: "Checks", cell: (document) => <Checks document={document} /> },
        ]}
      />
      {documents.map((document) => (
        <Notes key={document.n} document={document} />
      ))}
    </Panel>
  );
}

function sizeText({ bytes, facts: { inflatedBytes } }: InspectedDocument): string {
  return inflatedBytes === null ? bytesText(bytes) : `${bytesText(bytes)}, ${bytesText(inflatedBytes)} within`;
}

const LOOK = { holds: { look: "lit", label: "holds" }, noted: { look: "caution", label: "to be weighed" }, fails: { look: "shut", label: "fails" } } as const;

function Checks({ document }: { readonly document: InspectedDocument }) {
  return (
    <ul className="checks">
      {document.checks.map(({ check, outcome }) => (
        <li key={check} className={outcome === "fails" ? "check-one check-failed" : "check-one"} title={DOCUMENT_CHECK_TEXT[check].asks}>
          <Lamp {...LOOK[outcome]} size={14} /> {DOCUMENT_CHECK_TEXT[check].title}
        </li>
      ))}
    </ul>
  );
}

/** What a check found, by place and without a word of the content. */
function Notes({ document }: { readonly document: InspectedDocument }) {
  const found = document.checks.filter(({ outcome }) => outcome !== "holds");
  if (found.length === 0) return null;
  const fails = found.some(({ outcome }) => outcome === "fails");
  return (
    <div className={fails ? "faults" : "advice withdrawn"}>
      <h3 className="part-title">{`${fails ? "What is wrong in" : "To be weighed in"} file ${document.n} (${DOCUMENT_TEXT[document.type]})`}</h3>
      {found.map(({ check, where }) => (
        <CheckFaults key={check} {...DOCUMENT_CHECK_TEXT[check]} where={where} />
      ))}
    </div>
  );
}
