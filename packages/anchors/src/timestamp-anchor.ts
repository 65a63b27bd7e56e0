import { SallyportError } from "@sallyport/errors";
import { send } from "@sallyport/outbound";
import type { Anchor } from "./anchor.ts";
import { timeStampQuestion, verifyTimeStamp } from "./time-stamp.ts";

const ANSWER_MAX = 65_536;

export interface TimeStampOptions {
  readonly url: string;
  /** PEM of the authorities that may have issued the time-stamping certificate. */
  readonly ca: string;
  readonly deadlineMs: number;
}

/** A time-stamping authority (RFC 3161 over HTTP, §3.4): a token over each checkpoint's note. */
export function timestampAnchor({ url, ca, deadlineMs }: TimeStampOptions): Anchor {
  const address = new URL(url);
  const name = address.host;
  return {
    kind: "timestamp",
    name,
    async hold({ note }) {
      const data = Buffer.from(note, "utf8");
      const question = timeStampQuestion(data);
      const asked = { url: address, body: question.query, headers: { "content-type": "application/timestamp-query" }, deadlineMs, answerMax: ANSWER_MAX };
      const answer = await send(asked).catch((error: unknown) => {
        throw new SallyportError("anchor.unavailable", { anchor: name, why: "unreached" }, error);
      });
      if (answer.status !== 200 || answer.type !== "application/timestamp-reply") throw new SallyportError("anchor.unavailable", { anchor: name, status: answer.status });
      const { token } = await verifyTimeStamp(answer.body, data, question, ca);
      return token.toString("base64");
    },
  };
}
