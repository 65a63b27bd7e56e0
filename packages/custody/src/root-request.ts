import { SallyportError } from "@sallyport/errors";
import { type Answer, send } from "@sallyport/outbound";
import type { RootProvider } from "./root-wrapper.ts";

/** Within what the api waits for a key (1.5 s), so that its caller hears of it in time. */
const DEADLINE_MS = 1200;
const ANSWER_MAX = 64 * 1024;

export interface RootRequest {
  readonly provider: RootProvider;
  readonly url: URL;
  /** Made for this one request: a secret that is in them is read when it is needed. */
  readonly headers: (body: Buffer) => Readonly<Record<string, string>> | Promise<Readonly<Record<string, string>>>;
  readonly body: string;
  readonly ca: string | null;
  readonly deadlineMs?: number | undefined;
}

/** What a key service answered: its status, and its body where that is JSON. */
export interface RootAnswer {
  readonly status: number;
  readonly json: unknown;
}

/**
 * Asks a key service over verified TLS, within a time and a size. What it says in words is dropped: it may repeat what it was sent.
 *
 * @throws `keys.unavailable`; `secret.*` for a secret that can't be read.
 */
export async function askRoot({ provider, url, headers, body, ca, deadlineMs = DEADLINE_MS }: RootRequest): Promise<RootAnswer> {
  const unavailable = (why: string): SallyportError => new SallyportError("keys.unavailable", { provider, why });
  if (url.protocol !== "https:") throw unavailable("the address is not one of TLS");
  const bytes = Buffer.from(body, "utf8");
  const sent = await headers(bytes);
  let answer: Answer;
  try {
    answer = await send({ url, body: bytes, headers: sent, deadlineMs, answerMax: ANSWER_MAX, ...(ca !== null && { ca }) });
  } catch {
    throw unavailable("no whole answer came in time");
  }
  if (answer.status >= 500 || answer.status === 429) throw unavailable(`the answer was ${answer.status}`);
  try {
    return { status: answer.status, json: JSON.parse(answer.body.toString("utf8")) as unknown };
  } catch {
    if (answer.status !== 200) return { status: answer.status, json: null };
    throw unavailable("the answer is not JSON");
  }
}

/** The text at this place of an answer; null for anything else. */
export function textIn(json: unknown, ...path: readonly string[]): string | null {
  let value = json;
  for (const name of path) value = typeof value === "object" && value !== null && Object.hasOwn(value, name) ? (value as Readonly<Record<string, unknown>>)[name] : null;
  return typeof value === "string" ? value : null;
}
