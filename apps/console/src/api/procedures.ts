import type * as contracts from "@sallyport/contracts";

type Schemas = typeof contracts;

/** Every procedure that pages use, by the names of its schemas in packages/contracts. Types alone: no schema reaches the browser. */
interface Named {
  "access.mine": ["MyAccessInput", "MyAccessOutput"];
  "approvals.decide": ["DecideApprovalInput", "DecideApprovalOutput"];
  "approvals.get": ["GetApprovalInput", "GetApprovalOutput"];
  "approvals.list": ["ListApprovalsInput", "ListApprovalsOutput"];
  "approvals.requestAccess": ["RequestAccessInput", "ApprovalOutput"];
  "approvals.requestAssignment": ["RequestAssignmentInput", "ApprovalOutput"];
  "approvals.requestAssignmentEnd": ["RequestAssignmentEndInput", "ApprovalOutput"];
  "approvals.requestBulkReveal": ["RequestBulkRevealInput", "ApprovalOutput"];
  "approvals.requestArchive": ["RequestArchiveInput", "ApprovalOutput"];
  "approvals.requestIncidentRelease": ["RequestIncidentReleaseInput", "ApprovalOutput"];
  "approvals.requestEgress": ["RequestEgressInput", "ApprovalOutput"];
  "approvals.requestInvite": ["RequestInviteInput", "ApprovalOutput"];
  "approvals.requestLockLift": ["RequestLockLiftInput", "ApprovalOutput"];
  "approvals.requestOffboard": ["RequestOffboardInput", "ApprovalOutput"];
  "approvals.requestPolicyChange": ["RequestPolicyChangeInput", "ApprovalOutput"];
  "approvals.requestPolicyRevert": ["RequestPolicyRevertInput", "ApprovalOutput"];
  "approvals.requestProfileChange": ["RequestProfileChangeInput", "ApprovalOutput"];
  "approvals.requestRecipient": ["RequestRecipientInput", "ApprovalOutput"];
  "approvals.requestRecipientEnd": ["RequestRecipientEndInput", "ApprovalOutput"];
  "approvals.requestRecovery": ["RequestRecoveryInput", "ApprovalOutput"];
  "approvals.requestResend": ["RequestResendInput", "ApprovalOutput"];
  "approvals.requestRoutes": ["RequestRoutesInput", "ApprovalOutput"];
  "approvals.requestReinstate": ["RequestReinstateInput", "ApprovalOutput"];
  "approvals.requestRetention": ["RequestRetentionInput", "ApprovalOutput"];
  "approvals.requestShred": ["RequestShredInput", "ApprovalOutput"];
  "approvals.requestSpoolDiscard": ["RequestSpoolDiscardInput", "ApprovalOutput"];
  "approvals.requestService": ["RequestServiceInput", "ApprovalOutput"];
  "approvals.requestKeyActivate": ["RequestKeyActivateInput", "ApprovalOutput"];
  "approvals.requestKeyDestroy": ["RequestKeyDestroyInput", "ApprovalOutput"];
  "approvals.requestServiceOffboard": ["RequestServiceOffboardInput", "ApprovalOutput"];
  "approvals.requestSuspend": ["RequestSuspendInput", "ApprovalOutput"];
  "approvals.withdraw": ["WithdrawApprovalInput", "ApprovalOutput"];
  "assignments.assign": ["AssignRoleInput", "AssignRoleOutput"];
  "assignments.end": ["EndAssignmentInput", "EndAssignmentOutput"];
  "assignments.import": ["RunImportInput", "RunImportOutput"];
  "assignments.options": ["AssignmentOptionsInput", "AssignmentOptionsOutput"];
  "assignments.previewImport": ["PreviewImportInput", "PreviewImportOutput"];
  "crossings.export": ["ExportCrossingsInput", "ExportCrossingsEvent"];
  "crossings.naming": ["ExportNamingInput", "ExportCrossingsEvent"];
  "crossings.get": ["GetCrossingInput", "GetCrossingOutput"];
  "crossings.reason": ["GetReasonInput", "GetReasonOutput"];
  "crossings.remove": ["RemoveSearchInput", "RemoveSearchOutput"];
  "crossings.rename": ["RenameSearchInput", "RenameSearchOutput"];
  "crossings.save": ["SaveSearchInput", "SaveSearchOutput"];
  "crossings.saved": ["SavedSearchesInput", "SavedSearchesOutput"];
  "crossings.search": ["SearchCrossingsInput", "SearchCrossingsOutput"];
  "crossings.trace": ["TraceRequestInput", "TraceRequestOutput"];
  "crossings.verify": ["VerifyProgressInput", "VerifyProgressEvent"];
  "crossings.watch": ["WatchCrossingsInput", "WatchCrossingsEvent"];
  "documents.correspondence": ["ListDocumentsInput", "ListDocumentsOutput"];
  "documents.credentials": ["ListDocumentsInput", "ListDocumentsOutput"];
  "documents.getCorrespondence": ["GetDocumentInput", "GetDocumentOutput"];
  "documents.getCredential": ["GetDocumentInput", "GetDocumentOutput"];
  "documents.getSequence": ["GetDocumentInput", "GetDocumentOutput"];
  "documents.sequences": ["ListDocumentsInput", "ListDocumentsOutput"];
  "documents.viewCorrespondence": ["ViewDocumentInput", "ViewDocumentOutput"];
  "documents.viewCredential": ["ViewDocumentInput", "ViewDocumentOutput"];
  "documents.viewSequence": ["ViewDocumentInput", "ViewDocumentOutput"];
  "emergencies.end": ["EndEmergencyInput", "EndEmergencyOutput"];
  "emergencies.get": ["GetEmergencyInput", "GetEmergencyOutput"];
  "emergencies.list": ["ListEmergenciesInput", "ListEmergenciesOutput"];
  "emergencies.mine": ["MyEmergencyInput", "MyEmergencyOutput"];
  "emergencies.open": ["OpenEmergencyInput", "OpenEmergencyOutput"];
  "emergencies.review": ["ReviewEmergencyInput", "ReviewEmergencyOutput"];
  "emergencies.stop": ["StopEmergencyInput", "EndEmergencyOutput"];
  "alerts.list": ["ListAlertsInput", "ListAlertsOutput"];
  "archives.list": ["ListArchivesInput", "ListArchivesOutput"];
  "archives.remove": ["RemoveArchivedInput", "RemoveArchivedOutput"];
  "incidents.get": ["GetIncidentInput", "GetIncidentOutput"];
  "incidents.recordStep": ["RecordIncidentStepInput", "RecordIncidentStepOutput"];
  "incidents.list": ["ListIncidentsInput", "ListIncidentsOutput"];
  "incidents.release": ["ReleaseIncidentsInput", "ReleaseIncidentsOutput"];
  "keys.checklist": ["KeyChecklistInput", "KeyChecklistOutput"];
  "keys.recordStep": ["RecordKeyStepInput", "RecordKeyStepOutput"];
  "keys.reencrypt": ["ReencryptInput", "ReencryptOutput"];
  "keys.rehearse": ["RehearseRingInput", "RehearseRingOutput"];
  "keys.rings": ["ListRingsInput", "ListRingsOutput"];
  "keys.step": ["StepRingInput", "StepRingOutput"];
  "locks.lift": ["LiftLockInput", "LiftLockOutput"];
  "locks.list": ["ListLocksInput", "ListLocksOutput"];
  "locks.set": ["SetLockInput", "SetLockOutput"];
  "me.addPasskey": ["AddPasskeyInput", "AddPasskeyOutput"];
  "me.confirmTerminal": ["ConfirmTerminalInput", "Done"];
  "me.endSession": ["EndMySessionInput", "Done"];
  "me.linkProvider": ["LinkProviderInput", "LinkProviderOutput"];
  "me.linkProviderOptions": ["LinkProviderOptionsInput", "LinkProviderOptionsOutput"];
  "me.overview": ["MyOverviewInput", "MyOverviewOutput"];
  "me.passkeyOptions": ["PasskeyOptionsInput", "PasskeyOptionsOutput"];
  "me.provider": ["MyProviderInput", "MyProviderOutput"];
  "me.removeAuthenticator": ["RemoveAuthenticatorInput", "Done"];
  "me.setMyAddress": ["SetMyAddressInput", "Done"];
  "me.unlinkProvider": ["UnlinkProviderInput", "Done"];
  "outbox.get": ["GetOutboxItemInput", "GetOutboxItemOutput"];
  "outbox.list": ["ListOutboxInput", "ListOutboxOutput"];
  "outbox.reconcile": ["ReconcileItemInput", "ReconcileItemOutput"];
  "overview.get": ["OverviewInput", "OverviewOutput"];
  "overview.watch": ["WatchOverviewInput", "OverviewOutput"];
  "packets.abandon": ["AbandonUploadInput", "AbandonUploadOutput"];
  "packets.begin": ["BeginUploadInput", "UploadProgress"];
  "packets.complete": ["CompleteUploadInput", "PacketSummary"];
  "packets.get": ["GetPacketInput", "PacketSummary"];
  "packets.inspect": ["InspectPacketInput", "InspectPacketOutput"];
  "packets.list": ["ListPacketsInput", "ListPacketsOutput"];
  "packets.progress": ["UploadProgressInput", "UploadProgress"];
  "packets.reject": ["DecidePacketInput", "RejectPacketOutput"];
  "packets.release": ["ReleasePacketInput", "ReleasePacketOutput"];
  "packets.unfinished": ["UnfinishedUploadsInput", "UnfinishedUploadsOutput"];
  "people.checkIdentity": ["CheckIdentityInput", "CheckIdentityOutput"];
  "people.endSessions": ["EndSessionsInput", "EndSessionsOutput"];
  "people.issueLink": ["IssueLinkInput", "IssueLinkOutput"];
  "people.list": ["ListPeopleInput", "ListPeopleOutput"];
  "people.offboard": ["OffboardPersonInput", "OffboardPersonOutput"];
  "people.previewImport": ["PreviewImportInput", "PreviewInvitationsOutput"];
  "people.setAddress": ["SetAddressInput", "Done"];
  "people.suspend": ["SuspendPersonInput", "Done"];
  "policy.current": ["CurrentPolicyInput", "CurrentPolicyOutput"];
  "policy.explain": ["ExplainPolicyInput", "ExplainPolicyOutput"];
  "policy.proposal": ["GetPolicyProposalInput", "GetPolicyProposalOutput"];
  "policy.proposals": ["ListPolicyProposalsInput", "ListPolicyProposalsOutput"];
  "policy.propose": ["ProposePolicyInput", "ProposePolicyOutput"];
  "policy.replay": ["ReplayPolicyInput", "ReplayPolicyOutput"];
  "policy.version": ["GetPolicyVersionInput", "GetPolicyVersionOutput"];
  "policy.versions": ["ListPolicyVersionsInput", "ListPolicyVersionsOutput"];
  "policy.whatCan": ["WhatCanInput", "WhatCanOutput"];
  "policy.whoCan": ["WhoCanInput", "WhoCanOutput"];
  "profiles.compare": ["CompareProfileInput", "CompareProfileOutput"];
  "profiles.get": ["GetProfileInput", "GetProfileOutput"];
  "profiles.list": ["ListProfilesInput", "ListProfilesOutput"];
  "recipients.list": ["ListRecipientsInput", "ListRecipientsOutput"];
  "reviews.decide": ["DecideReviewLineInput", "DecideReviewLineOutput"];
  "reviews.export": ["ExportReviewInput", "ExportReviewOutput"];
  "reviews.get": ["GetReviewInput", "GetReviewOutput"];
  "reviews.list": ["ListReviewsInput", "ListReviewsOutput"];
  "reviews.open": ["OpenReviewInput", "OpenReviewOutput"];
  "reviews.signOff": ["SignOffReviewInput", "SignOffReviewOutput"];
  "signatures.accept": ["AcceptStatementInput", "AcceptStatementOutput"];
  "signatures.begin": ["BeginSignatureInput", "BeginSignatureOutput"];
  "signatures.complete": ["CompleteSignatureInput", "CompleteSignatureOutput"];
  "signatures.receipt": ["ReceiptInput", "ReceiptOutput"];
  "signatures.revoke": ["RevokeSignatureInput", "RevokeSignatureOutput"];
  "signatures.statement": ["SigningStatementInput", "SigningStatementOutput"];
  "spool.list": ["ListSpoolInput", "ListSpoolOutput"];
  "spool.replay": ["ReplaySpoolInput", "ReplaySpoolOutput"];
  "studies.addSites": ["AddSitesInput", "AddSitesOutput"];
  "studies.changeTitle": ["ChangeStudyTitleInput", "ChangeStudyTitleOutput"];
  "studies.closeSite": ["CloseSiteInput", "CloseSiteOutput"];
  "studies.importSites": ["RunImportInput", "RunImportOutput"];
  "studies.list": ["ListStudiesInput", "ListStudiesOutput"];
  "studies.previewSites": ["PreviewImportInput", "PreviewImportOutput"];
  "studies.register": ["RegisterStudyInput", "RegisterStudyOutput"];
  "studies.reopenSite": ["ReopenSiteInput", "CloseSiteOutput"];
  "subjects.correctWithdrawal": ["CorrectWithdrawalInput", "WithdrawalOutput"];
  "subjects.exposure": ["ExposureInput", "ExposureOutput"];
  "subjects.get": ["GetSubjectInput", "GetSubjectOutput"];
  "subjects.history": ["HistoryInput", "HistoryOutput"];
  "subjects.list": ["ListSubjectsInput", "ListSubjectsOutput"];
  "subjects.openBulk": ["OpenBulkInput", "OpenBulkOutput"];
  "subjects.reveal": ["RevealFieldInput", "RevealFieldOutput"];
  "subjects.transfer": ["TransferInput", "TransferOutput"];
  "subjects.withdraw": ["WithdrawInput", "WithdrawalOutput"];
  "submissions.addSequence": ["AddSequenceInput", "AddSequenceOutput"];
  "submissions.assemble": ["AssembleSequenceInput", "AssembleSequenceOutput"];
  "submissions.create": ["CreateSubmissionInput", "CreateSubmissionOutput"];
  "submissions.download": ["DownloadPacketInput", "DownloadPacketOutput"];
  "submissions.get": ["GetSubmissionInput", "GetSubmissionOutput"];
  "submissions.list": ["ListSubmissionsInput", "ListSubmissionsOutput"];
  "submissions.packet": ["GetSealedPacketInput", "GetSealedPacketOutput"];
  "submissions.prepare": ["PreparePacketInput", "PreparePacketOutput"];
  "submissions.seal": ["SealPacketInput", "SealPacketOutput"];
  "submissions.sealing": ["WatchSealingInput", "WatchSealingEvent"];
  "submissions.submit": ["SubmitPacketInput", "SubmitPacketOutput"];
  "trailReviews.assign": ["AssignTrailReviewInput", "AssignTrailReviewOutput"];
  "trailReviews.comment": ["CommentTrailItemInput", "CommentTrailItemOutput"];
  "trailReviews.decide": ["DecideTrailItemInput", "DecideTrailItemOutput"];
  "trailReviews.entries": ["TrailReviewEntriesInput", "TrailReviewEntriesOutput"];
  "trailReviews.get": ["GetTrailReviewInput", "GetTrailReviewOutput"];
  "trailReviews.list": ["ListTrailReviewsInput", "ListTrailReviewsOutput"];
  "trailReviews.open": ["OpenTrailReviewInput", "OpenTrailReviewOutput"];
  "trailReviews.signOff": ["SignOffTrailReviewInput", "SignOffTrailReviewOutput"];
  "workloads.list": ["ListWorkloadsInput", "ListWorkloadsOutput"];
  "workloads.offboard": ["OffboardServiceInput", "OffboardServiceOutput"];
}

type Schema = { readonly _zod: { readonly input: unknown; readonly output: unknown } };
type SchemaOf<Name> = Name extends keyof Schemas ? Extract<Schemas[Name], Schema> : never;

/** A procedure's path, `noun.verb`. */
export type ProcedurePath = keyof Named;
/** What a procedure takes; what has a default may be left out. */
export type InputOf<P extends ProcedurePath> = SchemaOf<Named[P][0]>["_zod"]["input"];
/** What a procedure answers, or what each event of a watch holds. */
export type OutputOf<P extends ProcedurePath> = SchemaOf<Named[P][1]>["_zod"]["output"];

/** Watches: streams of events until they are closed. */
export type WatchPath = "crossings.export" | "crossings.naming" | "crossings.verify" | "crossings.watch" | "overview.watch" | "submissions.sealing";
/** Everything that isn't a watch. */
export type CallPath = Exclude<ProcedurePath, WatchPath>;
/** Lists that go on by a cursor. */
export type PagedPath =
  | "approvals.list"
  | "crossings.search"
  | "documents.correspondence"
  | "documents.credentials"
  | "documents.sequences"
  | "packets.list"
  | "subjects.get"
  | "subjects.list";
