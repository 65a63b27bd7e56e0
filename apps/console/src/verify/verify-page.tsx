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
/** Its form alone: the verifier holds name, digits and key against each other. */
const WITNESS_KEY = /^[^\s+]+\+[0-9a-f]{8}\+[A-Za-z0-9+/]{44}$/;

/** What is said when all is done, and only then. */
function spoken(all: readonly Verification[]): string {
  if (all.length === 0 || all.some(({ phase }) => phase === "waiting" || phase === "reading")) return "";
  return all.map((each) => (each.phase === "done" ? `${each.path}: ${each.verdict.reads}` : `${each.path}: not an export that can be read`)).join(". ");
}

/** Verifies an export in the browser: nothing is uploaded, and nobody has to be signed in. */
export function VerifyPage() {
  const [typed, setTyped] = useState("");
  const [typedWitness, setTypedWitness] = useState("");
  const [folders, setFolders] = useState<readonly ChosenFolder[]>([]);
  const { all, run, clear } = useVerification();
  const key = typed.trim().toLowerCase();
  const isWrong = key !== "" && !FINGERPRINT.test(key);
  const witness = typedWitness.trim();
  const isNoWitness = witness !== "" && !WITNESS_KEY.test(witness);
  const begin = (chosen: readonly ChosenFolder[]): void => {
    setFolders(chosen);
    if (!isWrong && !isNoWitness) void run(chosen, { fingerprint: key === "" ? null : key, witness: witness === "" ? null : witness });
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
        <Field
          label="A witness's key (optional)"
          isCode
          value={typedWitness}
          onChange={setTypedWitness}
          maxLength={200}
          autoComplete="off"
          error={isNoWitness ? "A witness's key is its name, a plus sign, eight hexadecimal digits, a plus sign and 44 characters of base64." : null}
          hint="Take it from the witness itself. What you check then has to have a checkpoint that this witness cosigned, and is broken without one."
        />
      </Panel>
      {folders.length === 0 ? (
        <ChooseFolder onChosen={choose} />
      ) : (
        <div className="verify-acts">
          <Button kind="primary" isDisabled={isWrong || isNoWitness} onPress={() => begin(folders)}>
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
