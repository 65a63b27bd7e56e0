"use client";

import { useState } from "react";
import { Button } from "../components/button.tsx";
import { CopyButton } from "../components/copy-button.tsx";
import { Field } from "../components/field.tsx";
import { PageHead, Panel } from "../components/states.tsx";
import { ChooseFolder } from "./choose-folder.tsx";
import { bundlesOf, type ChosenFile, type ChosenFolder } from "./chosen-bundles.ts";
import { useVerification, type Verification } from "./use-verification.ts";
import { VerdictPanel } from "./verdict-panel.tsx";
import { VERIFIER_FILE } from "./verifier-paths.ts";

const COMMAND = "node sallyport-verify.mjs FOLDER --key FINGERPRINT";
const FINGERPRINT = /^sha256:[0-9a-f]{64}$/;

/** What is said when all is done, and only then. */
function spoken(all: readonly Verification[]): string {
  if (all.length === 0 || all.some(({ phase }) => phase === "waiting" || phase === "reading")) return "";
  return all.map((each) => (each.phase === "done" ? `${each.path}: ${each.verdict.reads}` : `${each.path}: not an export that can be read`)).join(". ");
}

/** Verifies an export in the browser: nothing is uploaded, and nobody has to be signed in. */
export function VerifyPage() {
  const [typed, setTyped] = useState("");
  const [folders, setFolders] = useState<readonly ChosenFolder[]>([]);
  const { all, run, clear } = useVerification();
  const key = typed.trim().toLowerCase();
  const isWrong = key !== "" && !FINGERPRINT.test(key);
  const begin = (chosen: readonly ChosenFolder[]): void => {
    setFolders(chosen);
    if (!isWrong) void run(chosen, key === "" ? null : key);
  };
  const choose = (files: readonly ChosenFile[]): void => begin(bundlesOf(files));

  return (
    <div className="verify">
      <PageHead
        title="Check an export"
        lead="Whether an exported trail is whole, or a signature holds, told by public keys alone: in your browser, without us, signed in or not. Archived generations and what is left of a chain are checked together."
      />
      <Panel id="key-title" title="Whose signature it should be">
        <Field
          label="The key's fingerprint"
          isCode
          value={typed}
          onChange={setTyped}
          maxLength={80}
          autoComplete="off"
          error={isWrong ? "A fingerprint is sha256: and 64 hexadecimal digits." : null}
          hint="Take it from somewhere else than the folder: an older export, or what the deployment's administrator gave you. Without it an export can only be shown to agree with itself."
        />
      </Panel>
      {folders.length === 0 ? (
        <ChooseFolder onChosen={choose} />
      ) : (
        <div className="verify-acts">
          <Button kind="primary" isDisabled={isWrong} onPress={() => begin(folders)}>
            Check again
          </Button>
          <Button
            onPress={() => {
              clear();
              setFolders([]);
            }}
          >
            Check another
          </Button>
        </div>
      )}
      <output className="visually-hidden">{spoken(all)}</output>
      {all.map((each, n) => (
        <VerdictPanel key={each.path} of={each} n={n} />
      ))}
      <Panel id="alone-title" title="Without this page">
        <p>
          You needn't trust the console that served this page.{" "}
          <a href={VERIFIER_FILE} download>
            sallyport-verify.mjs
          </a>{" "}
          does the same in one file that needs Node and nothing else, on a machine without a network:
        </p>
        <div className="command-line">
          <code className="link-shown">{COMMAND}</code>
          <CopyButton text={COMMAND} label="Copy the command" />
        </div>
      </Panel>
    </div>
  );
}
