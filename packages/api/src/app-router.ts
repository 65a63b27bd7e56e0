import { approvalActs } from "./approvals/registry.ts";
import { createBoundary } from "./boundary/procedure.ts";
import type { ApiDeps } from "./ports.ts";
import { decideApproval } from "./routers/approvals/decide-approval.ts";
import { getApproval } from "./routers/approvals/get-approval.ts";
import { listApprovals } from "./routers/approvals/list-approvals.ts";
import { requestProcedures } from "./routers/approvals/request-approval.ts";
import { withdrawApproval } from "./routers/approvals/withdraw-approval.ts";
import { listAlerts } from "./routers/alerts/list-alerts.ts";
import { testAlerts } from "./routers/alerts/test-alerts.ts";
import { assignmentOptions } from "./routers/assignments/assignment-options.ts";
import { assignRole } from "./routers/assignments/assign-role.ts";
import { importAssignments, previewAssignments } from "./routers/assignments/import-assignments.ts";
import { endAssignment } from "./routers/assignments/end-assignment.ts";
import { listStudies } from "./routers/administration/list-studies.ts";
import { myAccess } from "./routers/administration/my-access.ts";
import { removeSearch, renameSearch, savedSearches, saveSearch } from "./routers/crossings/saved-searches.ts";
import { exportCrossings } from "./routers/crossings/export-crossings.ts";
import { exportNaming } from "./routers/crossings/export-naming.ts";
import { getReason } from "./routers/crossings/get-reason.ts";
import { getCrossing } from "./routers/crossings/get-crossing.ts";
import { traceRequest } from "./routers/crossings/trace-request.ts";
import { verifyCrossings } from "./routers/crossings/verify-crossings.ts";
import { searchCrossings } from "./routers/crossings/search-crossings.ts";
import { watchCrossings } from "./routers/crossings/watch-crossings.ts";
import { getOverview, watchOverview } from "./routers/overview/overview.ts";
import { outboxProcedures } from "./routers/outbox/outbox-procedures.ts";
import { addPasskey, passkeyOptions } from "./routers/me/add-passkey.ts";
import { endEmergency, stopEmergency } from "./routers/emergencies/end-emergency.ts";
import { getEmergency, listEmergencies, myEmergency } from "./routers/emergencies/list-emergencies.ts";
import { openEmergency } from "./routers/emergencies/open-emergency.ts";
import { reviewEmergency } from "./routers/emergencies/review-emergency.ts";
import { getIncident, listIncidents } from "./routers/incidents/list-incidents.ts";
import { recordIncidentStep } from "./routers/incidents/record-step.ts";
import { keepArchive } from "./routers/archives/keep-archive.ts";
import { listArchives } from "./routers/archives/list-archives.ts";
import { removeArchived } from "./routers/archives/remove-archived.ts";
import { releaseIncidents } from "./routers/incidents/release-incidents.ts";
import { listRings, rehearseRing } from "./routers/keys/list-rings.ts";
import { checklistProcedures } from "./routers/keys/key-checklist.ts";
import { reencrypt } from "./routers/keys/reencrypt.ts";
import { stepRing } from "./routers/keys/step-ring.ts";
import { liftLock } from "./routers/locks/lift-lock.ts";
import { listLocks } from "./routers/locks/list-locks.ts";
import { listRecipients } from "./routers/recipients/list-recipients.ts";
import { requestRecipientProcedures } from "./routers/recipients/request-recipient.ts";
import { decideReviewLine } from "./routers/reviews/decide-review-line.ts";
import { openReview } from "./routers/reviews/open-review.ts";
import { exportReview, getReview, listReviews } from "./routers/reviews/read-reviews.ts";
import { signOffReview } from "./routers/reviews/sign-off-review.ts";
import { setLock } from "./routers/locks/set-lock.ts";
import { confirmTerminal } from "./routers/me/confirm-terminal.ts";
import { endMySession } from "./routers/me/end-my-session.ts";
import { myOverview } from "./routers/me/my-overview.ts";
import { linkProvider, linkProviderOptions } from "./routers/me/link-provider.ts";
import { myProvider } from "./routers/me/my-provider.ts";
import { removeAuthenticator } from "./routers/me/remove-authenticator.ts";
import { setMyAddress } from "./routers/me/set-my-address.ts";
import { unlinkProvider } from "./routers/me/unlink-provider.ts";
import { documentProcedures } from "./routers/documents/document-procedures.ts";
import { inspectPacket } from "./routers/packets/inspect-packet.ts";
import { getPacket, listPackets } from "./routers/packets/list-packets.ts";
import { rejectPacket } from "./routers/packets/reject-packet.ts";
import { releasePacket } from "./routers/packets/release-packet.ts";
import { uploadPacket } from "./routers/packets/upload-packet.ts";
import { abandonUpload } from "./routers/uploads/abandon-upload.ts";
import { beginUpload } from "./routers/uploads/begin-upload.ts";
import { completeUpload } from "./routers/uploads/complete-upload.ts";
import { receivePart } from "./routers/uploads/receive-part.ts";
import { unfinishedUploads, uploadProgress } from "./routers/uploads/upload-progress.ts";
import { compareProfile } from "./routers/profiles/compare-profile.ts";
import { getProfile } from "./routers/profiles/get-profile.ts";
import { listProfiles } from "./routers/profiles/list-profiles.ts";
import { policyProcedures } from "./routers/policy/policy-procedures.ts";
import { requestPolicyProcedures } from "./routers/policy/request-policy.ts";
import { issueLink } from "./routers/people/issue-link.ts";
import { subjectExposure } from "./routers/subjects/exposure.ts";
import { endSessions } from "./routers/people/end-sessions.ts";
import { listPeople } from "./routers/people/list-people.ts";
import { offboard } from "./routers/people/offboard.ts";
import { previewInvitations } from "./routers/people/preview-invitations.ts";
import { checkIdentity } from "./routers/people/check-identity.ts";
import { setPersonAddress } from "./routers/people/set-address.ts";
import { suspend } from "./routers/people/suspend.ts";
import { changeStudyTitle, closeSite, reopenSite } from "./routers/studies/change-study.ts";
import { importSites, previewSites } from "./routers/studies/import-sites.ts";
import { addSites, registerStudy } from "./routers/studies/register-study.ts";
import { signatureProcedures } from "./routers/signatures/signature-procedures.ts";
import { requestEgressProcedures, submissionProcedures } from "./routers/submissions/submission-procedures.ts";
import { getSubject } from "./routers/subjects/get-subject.ts";
import { subjectHistory } from "./routers/subjects/history.ts";
import { listSubjects } from "./routers/subjects/list-subjects.ts";
import { openBulk } from "./routers/subjects/open-bulk.ts";
import { revealField } from "./routers/subjects/reveal-field.ts";
import { openExport, readCheckpoints, readExport } from "./routers/trail/export-chain.ts";
import { transfer } from "./routers/subjects/transfer.ts";
import { correctWithdrawal, withdraw } from "./routers/subjects/withdraw.ts";
import { trailReviewProcedures } from "./routers/trail-reviews/trail-review-procedures.ts";
import { spoolProcedures } from "./routers/spool/spool-procedures.ts";
import { listWorkloads } from "./routers/workloads/list-workloads.ts";
import { offboardWorkload } from "./routers/workloads/offboard-service.ts";
import { listChains } from "./routers/trail/list-chains.ts";
import { proveGrowth, proveRecord } from "./routers/trail/prove-record.ts";
import { verifyChains } from "./routers/trail/verify-chains.ts";

/** Every procedure there is, each made by the one boundary. */
export function createAppRouter<Tx>(deps: ApiDeps<Tx>) {
  const boundary = createBoundary(deps);
  return boundary.router({
    packets: {
      upload: uploadPacket(boundary, deps),
      begin: beginUpload(boundary, deps),
      part: receivePart(boundary, deps),
      progress: uploadProgress(boundary, deps),
      unfinished: unfinishedUploads(boundary, deps),
      complete: completeUpload(boundary, deps),
      abandon: abandonUpload(boundary, deps),
      list: listPackets(boundary, deps),
      get: getPacket(boundary, deps),
      inspect: inspectPacket(boundary, deps),
      release: releasePacket(boundary, deps),
      reject: rejectPacket(boundary, deps),
    },
    documents: documentProcedures(boundary, deps),
    signatures: signatureProcedures(boundary, deps),
    submissions: submissionProcedures(boundary, deps),
    subjects: {
      list: listSubjects(boundary, deps),
      get: getSubject(boundary, deps),
      reveal: revealField(boundary, deps),
      exposure: subjectExposure(boundary, deps),
      history: subjectHistory(boundary, deps),
      withdraw: withdraw(boundary, deps),
      correctWithdrawal: correctWithdrawal(boundary, deps),
      transfer: transfer(boundary, deps),
      openBulk: openBulk(boundary, deps),
    },
    approvals: {
      list: listApprovals(boundary, deps),
      get: getApproval(boundary, deps),
      decide: decideApproval(boundary, deps),
      withdraw: withdrawApproval(boundary, deps),
      ...requestProcedures(boundary, deps),
      ...requestEgressProcedures(boundary, deps, approvalActs(deps)["egress.release"]),
      ...requestRecipientProcedures(boundary, deps, approvalActs(deps)["recipient.change"]),
      ...requestPolicyProcedures(boundary, deps, approvalActs(deps)["policy.change"]),
    },
    assignments: {
      options: assignmentOptions(boundary, deps),
      assign: assignRole(boundary, deps),
      end: endAssignment(boundary, deps),
      previewImport: previewAssignments(boundary, deps),
      import: importAssignments(boundary, deps),
    },
    emergencies: {
      mine: myEmergency(boundary, deps),
      open: openEmergency(boundary, deps),
      end: endEmergency(boundary, deps),
      list: listEmergencies(boundary, deps),
      get: getEmergency(boundary, deps),
      stop: stopEmergency(boundary, deps),
      review: reviewEmergency(boundary, deps),
    },
    trailReviews: trailReviewProcedures(boundary, deps),
    recipients: { list: listRecipients(boundary, deps) },
    reviews: {
      open: openReview(boundary, deps),
      list: listReviews(boundary, deps),
      get: getReview(boundary, deps),
      decide: decideReviewLine(boundary, deps),
      signOff: signOffReview(boundary, deps),
      export: exportReview(boundary, deps),
    },
    incidents: {
      list: listIncidents(boundary, deps),
      get: getIncident(boundary, deps),
      recordStep: recordIncidentStep(boundary, deps),
      release: releaseIncidents(boundary, deps),
    },
    outbox: outboxProcedures(boundary, deps),
    archives: { list: listArchives(boundary, deps), keep: keepArchive(boundary, deps), remove: removeArchived(boundary, deps) },
    alerts: { list: listAlerts(boundary, deps), test: testAlerts(boundary, deps) },
    keys: {
      rings: listRings(boundary, deps),
      rehearse: rehearseRing(boundary, deps),
      reencrypt: reencrypt(boundary, deps),
      step: stepRing(boundary, deps),
      ...checklistProcedures(boundary, deps),
    },
    locks: { list: listLocks(boundary, deps), set: setLock(boundary, deps), lift: liftLock(boundary, deps) },
    studies: {
      list: listStudies(boundary, deps),
      register: registerStudy(boundary, deps),
      addSites: addSites(boundary, deps),
      previewSites: previewSites(boundary, deps),
      importSites: importSites(boundary, deps),
      changeTitle: changeStudyTitle(boundary, deps),
      closeSite: closeSite(boundary, deps),
      reopenSite: reopenSite(boundary, deps),
    },
    policy: policyProcedures(boundary, deps),
    profiles: { list: listProfiles(boundary, deps), get: getProfile(boundary, deps), compare: compareProfile(boundary, deps) },
    trail: {
      chains: listChains(boundary, deps),
      openExport: openExport(boundary, deps),
      readCheckpoints: readCheckpoints(boundary, deps),
      readExport: readExport(boundary, deps),
      prove: proveRecord(boundary, deps),
      proveGrowth: proveGrowth(boundary, deps),
      verify: verifyChains(boundary, deps),
    },
    crossings: {
      search: searchCrossings(boundary, deps),
      get: getCrossing(boundary, deps),
      reason: getReason(boundary, deps),
      trace: traceRequest(boundary, deps),
      watch: watchCrossings(boundary, deps),
      verify: verifyCrossings(boundary, deps),
      export: exportCrossings(boundary, deps),
      naming: exportNaming(boundary, deps),
      saved: savedSearches(boundary, deps),
      save: saveSearch(boundary, deps),
      rename: renameSearch(boundary, deps),
      remove: removeSearch(boundary, deps),
    },
    overview: { get: getOverview(boundary, deps), watch: watchOverview(boundary, deps) },
    spool: spoolProcedures(boundary, deps),
    workloads: { list: listWorkloads(boundary, deps), offboard: offboardWorkload(boundary, deps) },
    people: {
      list: listPeople(boundary, deps),
      suspend: suspend(boundary, deps),
      checkIdentity: checkIdentity(boundary, deps),
      setAddress: setPersonAddress(boundary, deps),
      offboard: offboard(boundary, deps),
      endSessions: endSessions(boundary, deps),
      previewImport: previewInvitations(boundary, deps),
      issueLink: issueLink(boundary, deps),
    },
    me: {
      overview: myOverview(boundary, deps),
      endSession: endMySession(boundary, deps),
      passkeyOptions: passkeyOptions(boundary, deps),
      addPasskey: addPasskey(boundary, deps),
      removeAuthenticator: removeAuthenticator(boundary, deps),
      setMyAddress: setMyAddress(boundary, deps),
      confirmTerminal: confirmTerminal(boundary, deps),
      provider: myProvider(boundary, deps),
      linkProviderOptions: linkProviderOptions(boundary, deps),
      linkProvider: linkProvider(boundary, deps),
      unlinkProvider: unlinkProvider(boundary, deps),
    },
    access: { mine: myAccess(boundary, deps) },
  });
}

/** The api's type: all that a client needs of it. */
export type AppRouter = ReturnType<typeof createAppRouter>;
