import type { RecordDraft } from "@sallyport/audit";
import { newId } from "@sallyport/crypto";

/** The record of a masked read, of the length that the product's own have. */
export const sampleDraft = (chain = "system"): RecordDraft => ({
  chain,
  principal: "svc_reviewer",
  role: "clinical_reviewer",
  workload: "spiffe://dabcdefghjkmn.sallyport/service/reviewer",
  action: "subject.read",
  resource: "ref:5f0c2f1f4c1a4ad2b7a9c3d1e8f60718",
  site: chain === "system" ? "-" : chain.slice("site:".length),
  decision: "allow",
  reason: "allowed",
  request_id: newId("req"),
  policy: "v1:0123456789abcdef",
  detail: "rule=clinical_reviewer/subject.read/subject;opened=8;masked=11",
});
