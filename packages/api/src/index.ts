export { type AppRouter, createAppRouter } from "./app-router.ts";
export { authenticate } from "./boundary/authenticate.ts";
export { failureOf } from "./boundary/failure.ts";
export { type Boundary, createBoundary, type Declaration, type Declared } from "./boundary/procedure.ts";
export { dataKeyId, KeyDesk, type KeyPlace, type KeyService, type NewKey } from "./keys/key-desk.ts";
export { foundReferenceKeys, openReferenceKeys, type ReferenceKeys } from "./keys/reference-keys.ts";
export { type NoteCheck, PolicyDesk, type PolicySource, type PolicyState } from "./policy-desk.ts";
export * from "./ports.ts";
export { walkRouter, type Walked } from "./walk.ts";
