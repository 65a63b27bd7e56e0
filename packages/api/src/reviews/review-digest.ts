import { canonicalJson, sha256Hex } from "@sallyport/crypto";
import type { AccessReviewRow, ReviewLineRow, StandingLine } from "@sallyport/policy";

/** Over the lines of a review as it was opened. */
export const linesDigest = ({ id, study, site, role }: Pick<AccessReviewRow, "id" | "study" | "site" | "role">, lines: readonly ReviewLineRow[]): string =>
  sha256Hex(
    canonicalJson([
      "sallyport/access-review/v1",
      { id, study, site, role },
      ...lines.map((line) => [line.line, line.principal, line.person, line.label, line.role, line.study, line.site, line.fromMs, line.untilMs]),
    ]),
  );

/** Over that, and the decision on each line that counts. */
export const resultDigest = (digest: string, lines: readonly StandingLine[]): string =>
  sha256Hex(
    canonicalJson(["sallyport/access-review-result/v1", digest, ...lines.map(({ line, decision }) => [line, decision?.verdict ?? "-", decision?.by ?? "-", decision?.atMs ?? 0])]),
  );
