/** What a role may be called (docs/spec/policy-v1.md §2). It stands by itself, so that a browser has it without the engine. */
export const ROLE_NAME = /^[a-z][a-z0-9_]{0,63}$/;
