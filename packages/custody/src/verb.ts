import { type ErrorCode, SallyportError } from "@sallyport/errors";

/** The custodian's verbs by their number on the wire. */
export const VERBS = { wrap: 1, unwrap: 2, seal: 3, mint: 4, issue: 5, sign: 6, status: 7, approve: 8, rotate: 9, shred: 10 } as const;
export type Verb = keyof typeof VERBS;

/** An answer's first byte: the payload is the verb's answer, or `{"code": …}`. */
export const STATUS = { done: 0, failed: 1 } as const;

const names = new Map<number, Verb>(Object.entries(VERBS).map(([verb, tag]) => [tag, verb as Verb]));

/** The verb of a request's tag, or undefined where there is none. */
export const verbOf = (tag: number): Verb | undefined => names.get(tag);

/** What a caller learns when the custodian gave no usable answer in time. */
export function unavailable(verb: Verb): ErrorCode {
  switch (verb) {
    case "wrap":
    case "unwrap":
    case "rotate":
    case "shred":
      return "keys.unavailable";
    case "seal":
    case "sign":
      return "trail.unavailable";
    case "mint":
    case "issue":
    case "status":
    case "approve":
      return "service.unavailable";
  }
}

/** An answer that can't be read is no answer: the caller may not take it for a refusal of its request. */
export function readAnswer<T>(verb: Verb, read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw new SallyportError(unavailable(verb), { verb, why: "unreadable answer" }, error);
  }
}
