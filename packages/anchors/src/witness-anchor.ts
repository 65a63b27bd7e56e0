import { cosignedAt, witnessName, witnessRequestText } from "@sallyport/audit";
import { SallyportError } from "@sallyport/errors";
import { type Answer, send } from "@sallyport/outbound";
import type { Anchor, AnchorPosition, SignedCheckpoint } from "./anchor.ts";

const ANSWER_MAX = 65_536;
/** How often it is asked again from where it says that it is. */
const AGAIN_MAX = 3;
const SIZE = /^(?:0|[1-9][0-9]{0,15})\n$/;

export interface WitnessOptions {
  /** The submission prefix. */
  readonly url: string;
  /** The witness's verifier key, of type 0x04. */
  readonly key: string;
  /** PEM of the authorities to trust instead of the system's. */
  readonly ca?: string;
  readonly deadlineMs: number;
}

/** A witness that speaks C2SP tlog-witness. @throws SallyportError `note.invalid` for what is no witness's key. */
export function witnessAnchor({ url, key, ca, deadlineMs }: WitnessOptions): Anchor {
  const name = witnessName(key);
  const address = new URL(`${url.replace(/\/$/, "")}/add-checkpoint`);

  const ask = async (note: string, oldSize: number, { prove }: AnchorPosition): Promise<Answer> => {
    const proof = oldSize === 0 ? [] : await prove(oldSize);
    const body = Buffer.from(witnessRequestText({ oldSize, proof, note }), "utf8");
    try {
      return await send({ url: address, body, headers: { "content-type": "text/plain; charset=utf-8" }, deadlineMs, answerMax: ANSWER_MAX, ...(ca !== undefined && { ca }) });
    } catch (error) {
      throw new SallyportError("anchor.unavailable", { anchor: name, why: "unreached" }, error);
    }
  };

  return {
    kind: "witness",
    name,
    async hold({ note, size }: SignedCheckpoint, position: AnchorPosition) {
      let answer = await ask(note, position.anchored, position);
      for (let again = 0; again < AGAIN_MAX && isSize(answer); again += 1) {
        // It has another size of this log than we remember: an answer that was lost, or another node's, which may have been there first once more.
        const theirs = answer.body.toString("latin1");
        if (!SIZE.test(theirs)) throw new SallyportError("anchor.unavailable", { anchor: name, why: "answer" });
        if (Number(theirs) > size) throw new SallyportError("anchor.refused", { anchor: name, why: "ahead", size: Number(theirs) });
        answer = await ask(note, Number(theirs), position);
      }
      if (isSize(answer)) throw new SallyportError("anchor.unavailable", { anchor: name, why: "busy" });
      // 409: it has another root of this size. 422: what it has isn't a prefix of this; the proof was verified here before it left.
      if (answer.status === 409 || answer.status === 422) throw new SallyportError("anchor.refused", { anchor: name, why: "inconsistent", status: answer.status });
      if (answer.status !== 200) throw new SallyportError("anchor.unavailable", { anchor: name, status: answer.status });
      return ownLines(answer.body.toString("utf8"), note, key, name);
    },
  };
}

const isSize = ({ status, type }: Answer): boolean => status === 409 && type === "text/x.tlog.size";

/** The witness's own lines of its answer, once they have been verified over the checkpoint. */
function ownLines(answer: string, note: string, key: string, name: string): string {
  const text = note.slice(0, note.lastIndexOf("\n\n") + 1);
  try {
    cosignedAt(text, answer, key);
  } catch (error) {
    throw new SallyportError("anchor.refused", { anchor: name, why: "cosignature" }, error);
  }
  const lines = answer.slice(0, -1).split("\n");
  return lines
    .filter((line) => line.split(" ")[1] === name)
    .map((line) => `${line}\n`)
    .join("");
}
