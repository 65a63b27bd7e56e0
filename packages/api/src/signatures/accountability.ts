import { sha256Hex } from "@sallyport/crypto";

/**
 * By what somebody takes their signatures to be binding, before the first one (21 CFR 11.100(c), and 11.10(j)). Its digest stands in every manifest; another
 * wording is another statement, which everybody takes anew.
 */
export const ACCOUNTABILITY =
  "I take my electronic signatures in this system to be as binding as my signature by hand. I sign with authenticators that are mine alone and that I lend to nobody. I answer for what is signed with them, and I report at once when one is lost or when something was signed that I did not sign.";

export const accountabilityDigest: string = sha256Hex(ACCOUNTABILITY);
