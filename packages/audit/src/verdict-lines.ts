import { plainText } from "@sallyport/errors";
import type { BundleVerdict } from "./bundle-model.ts";
import type { Break } from "./model.ts";
import { handedOverText } from "./stating-key.ts";

const breakLine = ({ generation, seq, kind, why }: Break): string => (generation === 0 ? `${kind}: ${why}` : `${kind} at generation ${generation}, seq ${seq}: ${why}`);

/** A verdict as lines for a terminal: what was found, what that proves, and what it doesn't. Nothing in them acts on the terminal. */
export function verdictLines(verdict: BundleVerdict): readonly string[] {
  const { reads, breaks, chain, records, checkpoints, asOf, fingerprint, pinned, handedOver, manifest, proves, doesNotProve } = verdict;
  const lines = [reads, ...breaks.map((found) => `  ${breakLine(found)}`)];
  if (chain !== "") lines.push(`chain ${chain}: ${records} records, ${checkpoints} checkpoints, as of ${asOf ?? "unknown"}`);
  const given = handedOver === undefined ? ", which is the key that you gave" : `; the key that you gave handed over ${handedOverText(handedOver)}`;
  if (fingerprint !== null) lines.push(`signed with ${fingerprint}${pinned ? given : ""}`);
  if (manifest !== null) lines.push(`manifest.json has SHA-256 ${manifest}`);
  if (proves.length > 0) lines.push("this proves:", ...proves.map((line) => `  ${line}`));
  lines.push("this doesn't prove:", ...doesNotProve.map((line) => `  ${line}`));
  return lines.map(plainText);
}
