export { catalog, type ErrorCode, isErrorCode } from "./catalog.ts";
export type { ErrorFacts, Outcome, Pillar } from "./error-facts.ts";
export { assertNever, codeOf, type ErrorContext, SallyportError, toWireError, type WireError, type WireFacts } from "./sallyport-error.ts";
export { plainJson, plainText } from "./plain-text.ts";
