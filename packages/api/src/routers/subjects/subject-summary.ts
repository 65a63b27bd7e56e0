import { isShredded, maskOf, type SubjectRow } from "@sallyport/phi";

/** A subject without any value. */
export const subjectSummary = ({ id, label, study, site, wrapped, withdrawnAtMs }: SubjectRow) => ({
  subjectId: id,
  label,
  study,
  site,
  usubjid: maskOf(),
  withdrawnAt: withdrawnAtMs === null ? null : new Date(withdrawnAtMs).toISOString(),
  isShredded: isShredded({ wrapped }),
});
