/** What the lines are made of; the api's answer has more. */
interface Ring {
  readonly ring: string;
  readonly dueAt: string | null;
  readonly keys: readonly {
    readonly keyId: string;
    readonly state: string;
    readonly from: string;
    readonly until: string | null;
    readonly dataKeys: number | null;
    readonly tokens: number | null;
    readonly lacking: readonly string[];
    readonly holders: readonly string[];
    readonly vkey: string | null;
    readonly fingerprint: string | null;
  }[];
  readonly due: readonly { readonly kind: string; readonly keyId: string; readonly since: string | null }[];
  readonly steps: readonly {
    readonly step: string;
    readonly isReady: boolean;
    readonly blockers: readonly { readonly kind: string; readonly until: string | null; readonly count: number | null }[];
  }[];
}
interface Certificate {
  readonly workload: string;
  readonly issuer: string;
  readonly notAfter: string;
  readonly renewal: string;
  readonly isShown: boolean;
  readonly isLate: boolean;
}
interface Rewrap {
  readonly from: string;
  readonly to: string;
  readonly moved: number;
  readonly left: number | null;
  readonly stuck: number;
}

interface Reencryption {
  readonly study: string;
  readonly isOneSubject: boolean;
  readonly endedAt: string | null;
  readonly subjects: number;
  readonly moved: number;
  readonly fields: number;
  readonly stuck: number;
}

/** Who holds a retiring key still, of the rings where that is waited for. */
const HOLDERS_TEXT: Readonly<Record<string, string>> = { ca: "certificates still of it", audit: "chains that go on with it", database: "still logged in by it" };

/** A ring: one line of its own, one for each key that isn't destroyed, and one of what can be done. */
export function ringLines({ ring, dueAt, keys, due, steps }: Ring): readonly string[] {
  const standing = due.length > 0 ? `overdue: ${due.map(({ kind, keyId }) => `${keyId} by ${kind}`).join(", ")}` : `due ${dueAt ?? "-"}`;
  const asked = steps.map(({ step, isReady, blockers }) => (isReady ? step : `(${step}: ${blockers.map(blockerText).join(", ")})`));
  return [
    `${ring}  ${standing}`,
    ...keys
      .filter(({ state }) => state !== "destroyed")
      .flatMap(({ keyId, state, from, until, dataKeys, tokens, lacking, holders, vkey, fingerprint }) => [
        `  ${keyId}  ${state}  from ${from}${until === null ? "" : `, accepted until ${until}`}${dataKeys === null ? "" : ring === "audit" ? `  verifies ${dataKeys} generations` : `  wraps ${dataKeys} data keys`}${tokens === null ? "" : `  ${tokens} tokens still good`}`,
        ...(fingerprint === null ? [] : [`    ${fingerprint}`]),
        ...(vkey !== null && state === "next" ? [`    verifier key, for witnesses before it is used: ${vkey}`] : []),
        ...(ring === "ca" && lacking.length > 0 ? [`    not trusted yet by: ${lacking.join(", ")}`] : []),
        ...(ring === "ca" && state === "active" && holders.length > 0 ? [`    certificates of it: ${holders.join(", ")}`] : []),
        ...(state === "retiring" && holders.length > 0 ? [`    ${HOLDERS_TEXT[ring] ?? "held by"}: ${holders.join(", ")}`] : []),
        ...(state === "retired" && holders.length > 0 ? [`    trusted still, until they renew: ${holders.join(", ")}`] : []),
      ]),
    ...(asked.length === 0 ? [] : [`  steps: ${asked.join(" ")}`]),
  ];
}

const blockerText = ({ kind, until, count }: Ring["steps"][number]["blockers"][number]): string =>
  `${kind}${until === null ? "" : ` until ${until}`}${count === null ? "" : ` ${count}`}`;

/** A workload's newest certificate. */
export const certificateLine = ({ workload, issuer, notAfter, renewal, isShown, isLate }: Certificate): string =>
  `certificate of ${workload}  by ${issuer}, until ${notAfter}, renewed from ${renewal}${isLate ? ", late" : ""}${isShown ? "" : ", not seen in use yet"}`;

/** How far a re-wrap is. */
export const rewrapLine = ({ from, to, moved, left, stuck }: Rewrap): string =>
  `re-wrap ${from} to ${to}: ${moved} done, ${left === null ? "unknown how many" : left} left${stuck === 0 ? "" : `, ${stuck} do not open`}`;

/** How far stored fields are sealed anew. */
export const reencryptLine = ({ study, isOneSubject, endedAt, subjects, moved, fields, stuck }: Reencryption): string =>
  `re-encryption of ${isOneSubject ? "a subject of " : ""}${study}: ${moved} of ${subjects} subjects, ${fields} fields${stuck === 0 ? "" : `, ${stuck} do not open`}, ${endedAt === null ? "under way" : `ended ${endedAt}`}`;
