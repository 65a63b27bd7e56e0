"use client";

import { useEffect, useRef, useState } from "react";
import type { SigningKeys } from "./status-answer.ts";

const SHOWN_MS = 2500;

/** The digest in groups of eight, so that two people can read it to each other. */
function groupsOf(fingerprint: string): string[] {
  return fingerprint.replace(/^sha256:/, "").match(/.{1,8}/g) ?? [];
}

interface FingerprintProps {
  readonly value: string | null;
  /** Those of the keys before it, the latest first. */
  readonly before: SigningKeys["before"];
  /** That of the key that is to follow it. */
  readonly next: string | null;
}

/** The fingerprint of the key that signs checkpoints, to be compared with the one that was handed over separately; and those before and after it. */
export function Fingerprint({ value, before, next }: FingerprintProps) {
  const [said, setSaid] = useState("");
  const code = useRef<HTMLElement>(null);

  useEffect(() => {
    if (said === "") return undefined;
    const timer = setTimeout(() => setSaid(""), SHOWN_MS);
    return () => clearTimeout(timer);
  }, [said]);

  const copy = async () => {
    try {
      await navigator.clipboard.writeText(value ?? "");
      setSaid("Copied");
    } catch {
      // Without leave to copy, the text is selected, so that the person's own keys can.
      if (code.current !== null) getSelection()?.selectAllChildren(code.current);
      setSaid("Selected: press Ctrl+C");
    }
  };

  return (
    <section aria-labelledby="key-title" className="panel">
      <h2 id="key-title" className="eyebrow">
        Checkpoint key
      </h2>
      {value === null ? (
        <p className="quiet">Not known yet. It is shown once the api and the custodian have answered.</p>
      ) : (
        <>
          <p className="fingerprint-row">
            <code ref={code} className="fingerprint">
              <span className="fingerprint-kind">sha256:</span>
              {groupsOf(value).map((group, index) => (
                <span key={`${index}-${group}`} className="fingerprint-group">
                  {group}
                </span>
              ))}
            </code>
          </p>
          <div className="fingerprint-foot">
            <button type="button" className="button" onClick={() => void copy()} aria-label="Copy the fingerprint of the checkpoint key">
              {said === "" ? "Copy" : said}
            </button>
            <p className="quiet">Compare it with the one handed to you separately before you rely on an export.</p>
          </div>
          <p className="visually-hidden" aria-live="polite">
            {said}
          </p>
          {(next !== null || before.length > 0) && (
            <dl className="fingerprint-others">
              {next !== null && (
                <div>
                  <dt className="quiet">Next, not in use yet</dt>
                  <dd>
                    <code className="verdict-key">{next}</code>
                  </dd>
                </div>
              )}
              {before.map((earlier) => (
                <div key={earlier.fingerprint}>
                  <dt className="quiet">
                    Until <time dateTime={earlier.until}>{earlier.until.slice(0, 10)}</time>
                  </dt>
                  <dd>
                    <code className="verdict-key">{earlier.fingerprint}</code>
                  </dd>
                </div>
              ))}
            </dl>
          )}
        </>
      )}
    </section>
  );
}
