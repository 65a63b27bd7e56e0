export { catalog, type ErrorCode, type ErrorFacts, isErrorCode, type Outcome, type Pillar } from "./catalog.ts";
export { assertNever, codeOf, type ErrorContext, SallyportError, toWireError, type WireError, type WireFacts } from "./sallyport-error.ts";
export { plainJson, plainText } from "./plain-text.ts";
