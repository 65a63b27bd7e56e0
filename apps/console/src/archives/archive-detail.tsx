"use client";

import { useRouter } from "next/navigation";
import { useChange } from "../api/use-change.ts";
import { ActSection } from "../components/act-section.tsx";
import { Button } from "../components/button.tsx";
import { CopyButton } from "../components/copy-button.tsx";
import { Moment } from "../components/moment.tsx";
import { saveFile } from "../components/save-file.ts";
import { Badge } from "../components/states.tsx";
import { useTell } from "../frame/notices.tsx";
import { CHECK_COMMAND, type ClosedGeneration, STATE_TONES, STATE_WORDS, stateText, writeCommand } from "./archive-text.ts";

/** One closed generation: what it was, who archived it or may, and how to check it. */
export function ArchiveDetail({ of, mayAsk }: { readonly of: ClosedGeneration; readonly mayAsk: boolean }) {
  const { chain, generation, size, root, head, endedAt, state, bundles, archived } = of;
  return (
    <>
      <p className="person-title">
        <strong>
          {chain}, generation {generation}
        </strong>{" "}
        <Badge tone={STATE_TONES[state]}>{STATE_WORDS[state]}</Badge>
      </p>
      <p>{stateText(of)}</p>
      <dl className="pairs pairs-plain">
        <dt>Records</dt>
        <dd className="numeral">{size.toLocaleString("en-GB")}</dd>
        <dt>Ended</dt>
        <dd>
          <Moment at={endedAt} />
        </dd>
        {archived !== null && (
          <>
            {archived.from !== null && archived.to !== null && (
              <>
                <dt>Its records are of</dt>
                <dd>
                  <Moment at={archived.from} /> to <Moment at={archived.to} />
                </dd>
              </>
            )}
            <dt>Archived</dt>
            <dd>
              <Moment at={archived.at} /> by {archived.by.join(" and ")}
            </dd>
            <dt>Removed</dt>
            <dd>{archived.removedAt === null ? "not yet" : <Moment at={archived.removedAt} />}</dd>
          </>
        )}
        <dt>Root</dt>
        <dd>
          <code className="verdict-key">{root}</code>
        </dd>
        <dt>Head</dt>
        <dd>
          <code className="verdict-key">{head}</code>
        </dd>
      </dl>
      {archived !== null && <Archive of={archived} chain={chain} generation={generation} />}
      {archived === null && bundles.length > 0 && <Bundles bundles={bundles} />}
      {state === "possible" && bundles.length === 0 && <Command title="Write it as a bundle" text={writeCommand(of)} />}
      {state === "possible" && bundles[0] !== undefined && mayAsk && <Ask of={of} digest={bundles[0].digest} />}
    </>
  );
}

function Command({ title, text }: { readonly title: string; readonly text: string }) {
  return (
    <section>
      <h3 className="part-title">{title}</h3>
      <div className="command-line">
        <code className="link-shown">{text}</code>
        <CopyButton text={text} label="Copy the command" />
      </div>
    </section>
  );
}

function Archive({ of, chain, generation }: Pick<ClosedGeneration, "chain" | "generation"> & { readonly of: NonNullable<ClosedGeneration["archived"]> }) {
  const name = `${chain.replaceAll(/[^A-Za-z0-9.-]/g, "_")}-${generation}.archived.note`;
  return (
    <>
      <section>
        <h3 className="part-title">The archive</h3>
        <p>It is the folder whose manifest.json has this SHA-256. The custodian signed that, with the generation&rsquo;s size, root and head.</p>
        <div className="command-line">
          <code className="link-shown">{of.digest}</code>
          <CopyButton text={of.digest} label="Copy the digest" />
        </div>
        <p>
          <Button onPress={() => saveFile(new Blob([of.note], { type: "text/plain" }), name)}>Save what was signed</Button>
        </p>
      </section>
      <Command title="Check it with what is left" text={CHECK_COMMAND} />
    </>
  );
}

function Bundles({ bundles }: Pick<ClosedGeneration, "bundles">) {
  return (
    <section>
      <h3 className="part-title">Bundles that were written and verified</h3>
      <ul className="votes">
        {bundles.map(({ digest, by, at }) => (
          <li key={digest}>
            by {by}, <Moment at={at} />
            <br />
            <code className="verdict-key">{digest}</code>
          </li>
        ))}
      </ul>
    </section>
  );
}

function Ask({ of: { chain, generation, size }, digest }: { readonly of: ClosedGeneration; readonly digest: string }) {
  const router = useRouter();
  const tell = useTell();
  const act = useChange("approvals.requestArchive", {
    refreshes: ["approvals.list", "archives.list"],
    onDone: ({ approval }) => {
      tell({ tone: "done", text: "Asked for. Another administrator has to approve it by passkey; then you carry it out by yours." });
      router.push(`/approvals?show=mine&request=${approval.approvalId}`);
    },
  });
  return (
    <ActSection
      title="Remove its records"
      button="Ask for approval"
      isDanger
      effect={
        <p>
          The {size.toLocaleString("en-GB")} records leave the database: nobody finds, shows or proves them here any more. The bundle of {digest.slice(0, 16)}… is then all that is
          left of them: see that its folder and a copy of it are safe. It takes another administrator&rsquo;s passkey, and then your own.
        </p>
      }
      recorded={<li>that you asked for it, for which generation and which bundle; who approved; that it was archived and removed, in the chain too</li>}
      isPending={act.isPending}
      failure={act.error}
      onGo={(reason) => act.mutateAsync({ chain, generation, digest, reason })}
    />
  );
}
