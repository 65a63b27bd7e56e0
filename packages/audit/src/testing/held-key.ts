import { checkpointKeyName, keyFingerprint, type NoteSigner, signHandover, signNote, vkeyOf } from "../index.ts";
import { checkpointPair } from "./memory-bundle.ts";

/** A key of a deployment, with which a test signs. */
export interface HeldKey {
  readonly vkey: string;
  readonly fingerprint: string;
  readonly signer: NoteSigner;
}

/** The same seed and deployment give the same key. */
export function heldKey(seed: string, deployment = "dabcdefghijkl"): HeldKey {
  const { privateKey, raw } = checkpointPair(seed);
  const name = checkpointKeyName(deployment);
  return { vkey: vkeyOf(name, raw), fingerprint: keyFingerprint(raw), signer: { name, privateKey } };
}

/** The handover of one key to another. */
export const turnOf = (from: HeldKey, to: HeldKey): string => signHandover({ from: from.vkey, to: to.vkey, at: "2026-01-02T03:04:05.678Z" }, from.signer, to.signer);

/** A handover with the signature of one of its keys alone. */
export const halfOf = (handover: string, by: "from" | "to"): string =>
  handover
    .split("\n")
    .filter((_, at) => at !== (by === "from" ? 4 : 3))
    .join("\n");

/** A note by both keys. */
export const bothSign = (text: string, from: HeldKey, to: HeldKey): string => signNote(text, from.signer) + signNote(text, to.signer).slice(text.length + 1);

/** What no verifier follows, by name: handovers from this key to that one, each with what is wrong with it. */
export const badTurns = (from: HeldKey, to: HeldKey): readonly (readonly [name: string, handovers: readonly string[]])[] => {
  const turn = turnOf(from, to);
  return [
    ["is signed by the key before alone", [halfOf(turn, "from")]],
    ["is signed by the key after alone", [halfOf(turn, "to")]],
    ["is another deployment's", [turn, turnOf(heldKey("first", "dother"), heldKey("second", "dother"))]],
    ["goes on behind an empty line", [bothSign(`${turn.slice(0, turn.indexOf("\n\n") + 2)}anything\n`, from, to)]],
    ["was changed", [turn.replace("678Z", "679Z")]],
    ["leads from the key after", [turnOf(to, from)]],
    ["leads elsewhere", [turnOf(from, heldKey("elsewhere"))]],
  ];
};
