import type { LampLook } from "../components/lamp.tsx";
import type { Verification } from "./use-verification.ts";

export type Verdict = Extract<Verification, { phase: "done" }>["verdict"];
export type Receipt = Extract<Verdict, { signature: unknown }>;

interface Sentence {
  readonly look: LampLook;
  readonly title: string;
  readonly what: string;
}

/** By which key, as far as the title says it; what it proves says how the one leads to the other. */
const keyOf = (handedOver: Verdict["handedOver"]): string => (handedOver === undefined ? "the key that you gave" : "a key that the one you gave handed over to");

/** The verdict in a sentence, and what to do about it. It never says more than the verdict's own proofs do. */
export function sentenceOf(verdict: Verdict): Sentence {
  const { whole, pinned, handedOver, breaks } = verdict;
  if ("signature" in verdict) return receiptSentence(verdict);
  if (!whole) return { look: "shut", title: breaks.length === 1 ? "Broken at one place" : `Broken at ${breaks.length} places`, what: brokenText(verdict) };
  if (pinned) return { look: "lit", title: `Whole, by ${keyOf(handedOver)}`, what: wholeText(verdict) };
  return {
    look: "caution",
    title: "Agrees with itself; the key is not pinned",
    what: "Whoever made it may have made the key too. Give the key's fingerprint, got from elsewhere, to know whose it is.",
  };
}

function brokenText(verdict: Verdict): string {
  if ("root" in verdict) return "Don't rely on the record. Keep the file as it is, and have the record proven again.";
  if ("packet" in verdict) return "Don't rely on anything in it. Keep the packet as it is, and tell whoever sent it.";
  return `Keep the export as it is, export ${verdict.isExcerpt === true ? "the same records" : "the chain"} again, and compare the two: if the new one is broken there too, it is the trail, and an incident.`;
}

const listed = (numbers: readonly number[]): string => `${numbers.length === 1 ? "generation" : "generations"} ${numbers.join(", ")}`;

/** What is whole by a key that was given: of a whole chain that none is missing, of anything less how far that goes. */
function wholeText(verdict: Verdict): string {
  const { generations, archived, endsClosed } = verdict;
  if ("root" in verdict) return "This record is what the deployment signed, at its place in its chain. It says nothing of other records.";
  if ("packet" in verdict) return "Every file in it is the one that the deployment's people released, none is missing, and nothing else is there.";
  if (verdict.isExcerpt === true) return "Every record here is what the deployment signed. That these are all the records that match what was asked for is its own word.";
  if (archived.length === 0 && endsClosed !== true) return "Every record is what the deployment signed, and none is missing up to the time below.";
  const here = listed(generations.map(({ generation }) => generation));
  const elsewhere = listed(archived.map(({ generation }) => generation));
  return [
    `Every record here is what the deployment signed, and none of ${here} is missing${endsClosed === true ? "" : " up to the time below"}.`,
    ...(archived.length === 0 ? [] : [`What ${elsewhere} held was archived, and is not here.`]),
    ...(endsClosed === true ? ["What came after is in a bundle of the chain, and not here."] : []),
  ].join(" ");
}

function receiptSentence({ whole, pinned, handedOver, signature }: Receipt): Sentence {
  if (!whole)
    return { look: "shut", title: "This receipt doesn't hold", what: "Don't rely on the signature. Keep the file as it is, and ask whoever gave it to you for the original." };
  if (signature?.standing === null)
    return { look: "caution", title: "On record, at the server's word", what: "The server recorded that this person signed by password and code. No key of theirs did." };
  if (!pinned)
    return {
      look: "caution",
      title: "Agrees with itself; the key is not pinned",
      what: "Whoever made the receipt may have made the key too. Give the key's fingerprint, got from elsewhere.",
    };
  if (signature?.standing === "attested")
    return {
      look: "caution",
      title: "The signature holds, its passkey attested",
      what: "A passkey signed exactly this. That it is this person's rests, somewhere on the way, on the server's word.",
    };
  return { look: "lit", title: `The signature holds, by ${keyOf(handedOver)}`, what: "This person's own passkey signed exactly this document, and the trail has it on record." };
}
