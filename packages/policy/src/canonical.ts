import { canonicalJson, sha256Hex } from "@sallyport/crypto";
import type { PolicyDocument } from "./model.ts";

/** The one byte form of a policy document (RFC 8785): what the custodian signs and what is stored. */
export const canonicalPolicy = (document: PolicyDocument): string => canonicalJson(document);

/** SHA-256 of the canonical bytes, in lower-case hex. */
export const policyDigest = (document: PolicyDocument): string => sha256Hex(canonicalPolicy(document));

/** `v<version>:<first 16 hex of the digest>`: how decisions and records cite a policy. */
export const policyLabel = (version: number, digest: string): string => `v${version}:${digest.slice(0, 16)}`;
