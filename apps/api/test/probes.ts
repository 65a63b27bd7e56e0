import { newId, sha256Hex } from "@sallyport/crypto";
import { demographics, STUDY } from "./dataset.ts";
import { pdfOf } from "@sallyport/testkit";
import { releasedDocuments } from "./released-documents.ts";
import { type Api, dataOf, type Deployment, OTHER_STUDY, type Who } from "./stack.ts";

/** One question about something that isn't the caller's, and the same about something that isn't there. */
export interface Probe {
  readonly who: Who;
  readonly foreign: object;
  readonly absent: object;
}

const REASON = "because it is asked for";
const SOME_TIME = "2026-01-01T00:00:00.000Z";
const PURPOSE = { field: "DM.SUBJID", purpose: "monitoring", reason: REASON } as const;

/** What stands at site 704, or belongs to somebody else, for the probes to name. */
export interface Foreign {
  readonly packet: string;
  /** What another service is uploading, for sites that the one who asks reaches too. */
  readonly upload: string;
  readonly subject: string;
  /** A subject at site 701, for probes of places. */
  readonly own: string;
  /** A request for a bulk reveal at 704, and one that belongs to the deployment. */
  readonly approvals: readonly [atSite: string, ofDeployment: string];
  readonly person: string;
  readonly session: string;
  readonly lock: string;
  /** Of the subject at 704. */
  readonly emergency: string;
  readonly review: string;
  /** Somebody else's. */
  readonly savedSearch: string;
  /** Of the whole study, and a packet of it. */
  readonly submission: string;
  readonly sealedPacket: string;
  /** At 704: a sequence, a letter and a credential. */
  readonly documents: readonly string[];
  /** Of the trail of site 704, and of the whole deployment's. */
  readonly trailReviews: readonly [atSite: string, ofDeployment: string];
}

/** For each procedure that takes a name of something: someone of site 701, a name of what is at 704, and a name of nothing. */
export const probesOf = (there: Foreign): Readonly<Record<string, readonly Probe[]>> => {
  const chains = (name: (chain: string) => object): Probe[] => [
    { who: "auditor701", foreign: name(`site:${STUDY}/704`), absent: name(`site:${STUDY}/799`) },
    { who: "auditor701", foreign: name(`site:${OTHER_STUDY}/901`), absent: name("site:NOSUCH/901") },
    { who: "auditor701", foreign: name("system"), absent: name(`site:${STUDY}/799`) },
  ];
  const packets = (more: object): Probe[] => [{ who: "steward701", foreign: { packetId: there.packet, ...more }, absent: { packetId: newId("pkt"), ...more } }];
  const subjects = (more: object): Probe[] => [{ who: "reviewer701", foreign: { subjectId: there.subject, ...more }, absent: { subjectId: newId("sub"), ...more } }];
  const asRegulatory = (probe: Probe): Probe => ({ ...probe, who: "regulatory701" });
  const approvals = (who: Who, more: object = {}): Probe[] =>
    there.approvals.map((approvalId) => ({ who, foreign: { approvalId, ...more }, absent: { approvalId: newId("apr"), ...more } }));
  const people: Probe[] = [{ who: "admin701", foreign: { personId: there.person, reason: REASON }, absent: { personId: newId("per"), reason: REASON } }];
  const registry = (more: object): Probe[] => [{ who: "admin701", foreign: { study: OTHER_STUDY, reason: REASON, ...more }, absent: { study: "NOSUCH", reason: REASON, ...more } }];
  /** A file about somebody or something that is there, and about nobody's. */
  const files = (header: string, rest: string, more: object = { reason: REASON }): Probe[] => {
    const [there_, absent] = header.startsWith("who") ? ["svc_reviewer704", "svc_nobody"] : [OTHER_STUDY, "NOSUCH"];
    return [{ who: "admin701", foreign: { csv: `${header}\n${there_},${rest}`, ...more }, absent: { csv: `${header}\n${absent},${rest}`, ...more } }];
  };
  const locks: Probe[] = [{ who: "admin701", foreign: { lockId: there.lock, reason: REASON }, absent: { lockId: newId("lck"), reason: REASON } }];
  const assignees = (more: object): Probe[] => {
    const about = (principal: string): object => ({ principal, study: STUDY, site: "701", reason: REASON, ...more });
    return [{ who: "admin701", foreign: about("svc_reviewer704"), absent: about(newId("prn")) }];
  };
  const services = (more: object): Probe[] => [
    { who: "admin701", foreign: { service: "reviewer704", reason: REASON, ...more }, absent: { service: "nobodys", reason: REASON, ...more } },
  ];
  const policies = (foreign: object, absent: object): Probe[] => [{ who: "admin701", foreign, absent }];
  const emergencies = (more: object): Probe[] => [{ who: "admin701", foreign: { emergencyId: there.emergency, ...more }, absent: { emergencyId: newId("emg"), ...more } }];
  const emergency = (study: string, subject: string): object => ({
    study,
    subject,
    cause: "adverse_event",
    reason: REASON,
    at: SOME_TIME,
    proof: { kind: "password", password: "a wrong password", totp: "000000" },
  });
  const reviews = (more: object): Probe[] => [{ who: "admin701", foreign: { reviewId: there.review, ...more }, absent: { reviewId: newId("arv"), ...more } }];
  const trailReviews = (more: object): Probe[] =>
    there.trailReviews.map((reviewId) => ({ who: "auditor701", foreign: { reviewId, ...more }, absent: { reviewId: newId("atr"), ...more } }));
  const trailOf = (study: string, site: string): object => ({
    study,
    site,
    from: SOME_TIME,
    until: "2026-02-01T00:00:00.000Z",
    risks: ["privilege"],
    workingHours: { from: 7, until: 19 },
    due: SOME_TIME,
    reason: REASON,
  });
  const savedSearches = (more: object): Probe[] => [{ who: "auditor701", foreign: { searchId: there.savedSearch, ...more }, absent: { searchId: newId("svs"), ...more } }];
  const authenticator = (id: string): object => ({ authenticatorId: id, proof: { kind: "password", password: "a wrong password", totp: "000000" } });
  const identity = (id: string): object => ({ identityId: id, proof: { kind: "password", password: "a wrong password", totp: "000000" } });
  const uploads = (more: object = {}): Probe[] =>
    [there.upload, there.packet].map((packetId) => ({ who: "ingest701", foreign: { packetId, ...more }, absent: { packetId: newId("pkt"), ...more } }));
  const documents = (more: object = {}): readonly (readonly Probe[])[] =>
    there.documents.map((documentId, n) => [
      { who: n === 0 ? "reviewer701" : "regulatory701", foreign: { documentId, ...more }, absent: { documentId: newId("doc"), ...more } },
      // One that is there, and of another type.
      { who: n === 0 ? "reviewer701" : "regulatory701", foreign: { documentId: there.documents[(n + 1) % 3] ?? "", ...more }, absent: { documentId: newId("doc"), ...more } },
    ]);
  const submissions = (more: object): Probe[] => [{ who: "regulatory701", foreign: { submissionId: there.submission, ...more }, absent: { submissionId: newId("sbm"), ...more } }];
  const sealedPackets = (more: object): Probe[] => [{ who: "regulatory701", foreign: { packetId: there.sealedPacket, ...more }, absent: { packetId: newId("spk"), ...more } }];
  const [sequence = [], letter = [], credential = []] = documents();
  const [viewSequence = [], viewLetter = [], viewCredential = []] = documents({ version: 1, purpose: "view" });
  const signing = (more: object): Probe[] => [{ who: "regulatory701", foreign: { documentId: there.documents[0] ?? "", ...more }, absent: { documentId: newId("doc"), ...more } }];
  const proof = { kind: "password", password: "a wrong password", totp: "000000" };
  const upload = (site: string): object => ({ study: STUDY, content: demographics([{ site, subject: "1109" }]) });
  return {
    "packets.upload": [
      { who: "ingest701", foreign: upload("704"), absent: upload("799") },
      { who: "ingest701", foreign: { ...upload("901"), study: OTHER_STUDY }, absent: { ...upload("901"), study: "NOSUCH" } },
    ],
    "packets.begin": [
      { who: "ingest701", foreign: { study: OTHER_STUDY, files: [{ name: "dm.json", bytes: 9 }] }, absent: { study: "NOSUCH", files: [{ name: "dm.json", bytes: 9 }] } },
    ],
    "packets.part": uploads({ file: 1, offset: 0 }),
    "packets.progress": uploads(),
    "packets.unfinished": [{ who: "ingest701", foreign: { study: OTHER_STUDY }, absent: { study: "NOSUCH" } }],
    "packets.complete": uploads({ files: [{ n: 1, sha256: "0".repeat(64) }] }),
    "packets.abandon": uploads(),
    "packets.list": [{ who: "steward701", foreign: { study: OTHER_STUDY }, absent: { study: "NOSUCH" } }],
    "packets.get": [...packets({}), { who: "steward701", foreign: { packetId: there.upload }, absent: { packetId: newId("pkt") } }],
    "packets.inspect": packets({}),
    "packets.release": packets({ reason: REASON }),
    "packets.reject": packets({ reason: REASON }),
    "documents.getSequence": sequence,
    "documents.getCorrespondence": letter,
    "documents.getCredential": credential,
    "documents.viewSequence": viewSequence,
    "documents.viewCorrespondence": viewLetter,
    "documents.viewCredential": viewCredential,
    // Of one's own person, wherever one may sign.
    "signatures.statement": [],
    "signatures.accept": [],
    "signatures.begin": signing({ version: 1, sha256: "0".repeat(64), meaning: "review" }),
    "signatures.complete": signing({ ceremony: newId("cer"), read: "shown", proof }),
    "signatures.receipt": documents({ signatureId: newId("sig") })[0] ?? [],
    "signatures.revoke": signing({ signatureId: newId("sig"), reason: REASON, proof }),
    "documents.sequences": [
      { who: "reviewer701", foreign: { study: OTHER_STUDY }, absent: { study: "NOSUCH" } },
      { who: "reviewer701", foreign: { study: STUDY, site: "704" }, absent: { study: STUDY, site: "799" } },
    ],
    "documents.correspondence": [{ who: "regulatory701", foreign: { study: OTHER_STUDY }, absent: { study: "NOSUCH" } }],
    "documents.credentials": [{ who: "regulatory701", foreign: { study: STUDY, site: "704" }, absent: { study: STUDY, site: "799" } }],
    "subjects.list": [
      { who: "reviewer701", foreign: { site: "704" }, absent: { site: "799" } },
      { who: "reviewer701", foreign: { study: OTHER_STUDY }, absent: { study: "NOSUCH" } },
    ],
    "subjects.exposure": subjects({}).map((probe) => ({ ...probe, who: "auditor701" as const })),
    "subjects.get": subjects({}),
    "subjects.reveal": [...subjects(PURPOSE), ...subjects({ ...PURPOSE, version: 1 })],
    "subjects.history": subjects({}),
    "subjects.withdraw": subjects({ from: "2024-06-01", reason: REASON }).map(asRegulatory),
    "subjects.correctWithdrawal": subjects({ reason: REASON }).map(asRegulatory),
    "subjects.transfer": [
      ...subjects({ to: "701", reason: REASON }).map(asRegulatory),
      // One's own subject, to a site of one's study that is somebody else's, and to none.
      { who: "regulatory701", foreign: { subjectId: there.own, to: "704", reason: REASON }, absent: { subjectId: there.own, to: "799", reason: REASON } },
    ],
    "trail.openExport": chains((chain) => ({ chain })),
    "trail.readCheckpoints": chains((chain) => ({ chain, generation: 1, below: 100 })),
    "trail.readExport": chains((chain) => ({ chain, generation: 1, from: 1 })),
    "trail.prove": chains((chain) => ({ chain, generation: 1, seq: 1 })),
    "trail.proveGrowth": chains((chain) => ({ chain, generation: 1, from: 1 })),
    "trail.verify": chains((chain) => ({ chains: [chain] })),
    "crossings.get": chains((chain) => ({ chain, generation: 1, seq: 1 })),
    "crossings.reason": chains((chain) => ({ chain, generation: 1, seq: 1 })),
    "crossings.verify": chains((chain) => ({ chains: [chain] })),
    "crossings.naming": [{ who: "auditor701", foreign: { study: STUDY, site: "704" }, absent: { study: STUDY, site: "799" } }],
    "crossings.export": chains((chain) => ({ filter: { chain }, format: "csv" })),
    "crossings.search": chains((chain) => ({ filter: { chain } })),
    "crossings.watch": [...chains((chain) => ({ filter: { chain } })), { who: "auditor701", foreign: { filter: { site: "704" } }, absent: { filter: { site: "799" } } }],
    "subjects.openBulk": approvals("reviewer701"),
    "people.issueLink": approvals("reviewer701"),
    "approvals.get": approvals("regulatory701"),
    "approvals.decide": approvals("regulatory701", { digest: "0".repeat(64), verdict: "reject", reason: REASON, proof: null }),
    "approvals.withdraw": approvals("regulatory701", { reason: REASON }),
    "approvals.requestBulkReveal": subjects({ fields: ["DM.SUBJID"], purpose: "monitoring", reason: REASON }),
    "approvals.requestSuspend": people,
    "approvals.requestOffboard": people,
    "approvals.requestReinstate": people,
    "approvals.requestRecovery": people,
    "approvals.requestInvite": [],
    // A profile belongs to no site: who may read one may read them all.
    "approvals.requestProfileChange": [],
    "profiles.compare": [],
    "profiles.get": [],
    "profiles.list": [],
    // Anybody may ask for any place, there or not, and is answered alike: looked at where access requests are.
    "approvals.requestAccess": [],
    "approvals.requestAssignment": assignees({ role: "key_custodian" }),
    "approvals.requestAssignmentEnd": assignees({ role: "security_admin", from: SOME_TIME }),
    "assignments.assign": assignees({ role: "clinical_reviewer" }),
    "assignments.end": assignees({ role: "clinical_reviewer", from: SOME_TIME }),
    "assignments.options": [],
    "assignments.import": files("who,role,study,site", `clinical_reviewer,${STUDY},704`),
    "assignments.previewImport": files("who,role,study,site", `clinical_reviewer,${STUDY},704`, {}),
    "studies.importSites": files("study,site,name,country", "902,Two,USA"),
    "studies.previewSites": files("study,site,name,country", "902,Two,USA", {}),
    "approvals.requestLockLift": locks,
    // An incident is the custodian's finding, and none is there: those of others' chains are looked at where there are some.
    // The outbox is the deployment's: somebody with a right at a site alone is answered alike, whatever they name.
    "outbox.list": [],
    "outbox.get": [],
    "outbox.reconcile": [],
    "outbox.watch": [],
    "outbox.claim": [],
    "outbox.begin": [],
    "outbox.bytes": [],
    "outbox.settle": [],
    "outbox.report": [],
    "approvals.requestRoutes": [],
    "approvals.requestResend": [],
    "alerts.list": [],
    // Another's is unknown, as one that isn't there: see spool.fault.int.test.ts.
    "spool.status": [],
    "spool.list": [],
    "spool.replay": [],
    "approvals.requestSpoolDiscard": [],
    "alerts.test": [],
    "archives.list": [],
    "archives.keep": chains((chain) => ({ chain, generation: 1, statement: "no note", manifest: "{}" })),
    "archives.remove": approvals("regulatory701", { proof: { kind: "password", password: "a wrong password", totp: "000000" } }),
    "approvals.requestArchive": [],
    "incidents.list": [],
    "incidents.get": [],
    "approvals.requestIncidentRelease": [],
    "incidents.recordStep": [],
    "incidents.release": approvals("regulatory701", { proof: { kind: "password", password: "a wrong password", totp: "000000" } }),
    // Rings are the deployment's, and every deployment has the same.
    "keys.rings": [],
    "keys.checklist": [],
    "keys.recordStep": [],
    "keys.reencrypt": [],
    "keys.rehearse": [],
    "keys.step": [],
    "approvals.requestKeyActivate": [],
    "approvals.requestKeyDestroy": [],
    "approvals.requestRetention": registry({ until: "2031-01-01" }),
    "approvals.requestShred": subjects({ reason: REASON }).map(asRegulatory),
    "locks.lift": locks,
    "locks.list": [],
    "locks.set": [
      {
        who: "admin701",
        foreign: { target: { kind: "person", personId: there.person }, reason: REASON },
        absent: { target: { kind: "person", personId: newId("per") }, reason: REASON },
      },
      {
        who: "admin701",
        foreign: { target: { kind: "site", study: STUDY, site: "704" }, reason: REASON },
        absent: { target: { kind: "site", study: STUDY, site: "799" }, reason: REASON },
      },
    ],
    // Whose roles are reviewed is the deployment's: somebody with a right at a site alone is answered alike, whatever they name.
    "reviews.list": [],
    "reviews.open": [
      {
        who: "admin701",
        foreign: { study: OTHER_STUDY, site: "*", role: "*", due: SOME_TIME, reason: REASON },
        absent: { study: "NOSUCH", site: "*", role: "*", due: SOME_TIME, reason: REASON },
      },
    ],
    "reviews.get": reviews({}),
    "reviews.decide": reviews({ line: 1, verdict: "keep", reason: REASON }),
    "reviews.signOff": reviews({ reason: REASON }),
    "reviews.export": reviews({}),
    "crossings.saved": [],
    "crossings.save": [],
    "crossings.rename": savedSearches({ name: "Another name" }),
    "crossings.remove": savedSearches({}),
    "trailReviews.list": [],
    "trailReviews.open": [
      { who: "auditor701", foreign: trailOf(STUDY, "704"), absent: trailOf(STUDY, "799") },
      { who: "auditor701", foreign: trailOf(OTHER_STUDY, "*"), absent: trailOf("NOSUCH", "*") },
      { who: "auditor701", foreign: trailOf("*", "*"), absent: trailOf("*", "799") },
    ],
    "trailReviews.get": trailReviews({}),
    "trailReviews.entries": trailReviews({ item: 1 }),
    "trailReviews.assign": trailReviews({ personId: there.person }),
    "trailReviews.decide": trailReviews({ item: 1, verdict: "ok" }),
    "trailReviews.comment": trailReviews({ item: 1, comment: REASON }),
    "trailReviews.signOff": trailReviews({ reason: REASON }),
    "emergencies.mine": [],
    "emergencies.list": [],
    "emergencies.open": [
      { who: "reviewer701", foreign: emergency(OTHER_STUDY, there.subject), absent: emergency("NOSUCH", newId("sub")) },
      { who: "reviewer701", foreign: emergency(STUDY, there.subject), absent: emergency(STUDY, newId("sub")) },
    ],
    "emergencies.end": [{ who: "reviewer701", foreign: { emergencyId: there.emergency }, absent: { emergencyId: newId("emg") } }],
    "emergencies.get": emergencies({}),
    "emergencies.stop": emergencies({ reason: REASON }),
    "emergencies.review": emergencies({ seen: "0".repeat(64), verdict: "justified", comment: REASON }),
    "people.offboard": people,
    // What roles are belongs to the deployment: somebody with a right at a site alone is answered alike, whatever they name.
    "policy.proposal": policies({ proposalId: `pol_${"0".repeat(26)}` }, { proposalId: newId("pol") }),
    "policy.replay": policies({ proposalId: `pol_${"0".repeat(26)}` }, { proposalId: newId("pol") }),
    "policy.version": policies({ version: 1 }, { version: 99 }),
    "policy.whatCan": policies({ principal: "svc_steward" }, { principal: "svc_nobody" }),
    "policy.whoCan": policies({ action: "packet.read", resource: "packet", place: `${STUDY}/704` }, { action: "packet.read", resource: "packet", place: `${STUDY}/799` }),
    "policy.explain": policies({ crossing: { chain: "system", generation: 1, seq: 1 } }, { crossing: { chain: "system", generation: 1, seq: 999_999 } }),
    "approvals.requestPolicyChange": policies(
      { proposalId: `pol_${"0".repeat(26)}`, digest: "0".repeat(64), effectiveAt: null, reason: REASON },
      { proposalId: newId("pol"), digest: "0".repeat(64), effectiveAt: null, reason: REASON },
    ),
    "approvals.requestPolicyRevert": policies({ version: 1, reason: REASON }, { version: 99, reason: REASON }),
    "people.suspend": people,
    "people.checkIdentity": [
      { who: "admin701", foreign: { personId: there.person, how: "document", reason: REASON }, absent: { personId: newId("per"), how: "document", reason: REASON } },
    ],
    "people.setAddress": [
      { who: "admin701", foreign: { personId: there.person, address: null, reason: REASON }, absent: { personId: newId("per"), address: null, reason: REASON } },
    ],
    "people.endSessions": people,
    "me.endSession": [{ who: "admin701", foreign: { sessionId: there.session }, absent: { sessionId: newId("ses") } }],
    "me.removeAuthenticator": [{ who: "admin701", foreign: authenticator(`aut_${"0".repeat(26)}`), absent: authenticator(newId("aut")) }],
    "me.unlinkProvider": [{ who: "admin701", foreign: identity(`idn_${"0".repeat(26)}`), absent: identity(newId("idn")) }],
    "me.addPasskey": [],
    "me.setMyAddress": [],
    "me.confirmTerminal": [],
    "me.linkProvider": [],
    "me.linkProviderOptions": [],
    "me.overview": [],
    "me.passkeyOptions": [],
    "me.provider": [],
    "people.list": [],
    // Whom to invite where: it belongs to the whole deployment, as the invitation does.
    "people.previewImport": [],
    "policy.current": [],
    "policy.versions": [],
    "policy.proposals": [],
    "policy.propose": [],
    // These take no name; what they list is looked at below.
    // Somebody else's request and none at all are both no crossings: looked at below.
    "crossings.trace": [],
    "overview.get": [],
    "overview.watch": [],
    "studies.list": [],
    "studies.register": registry({ title: "Another one", profile: "cdisc-sdtm", sites: [{ site: "1", name: "One", country: "USA" }] }),
    "studies.addSites": registry({ sites: [{ site: "1", name: "One", country: "USA" }] }),
    "studies.changeTitle": registry({ title: "Another title" }),
    "studies.closeSite": registry({ site: "901" }),
    "studies.reopenSite": registry({ site: "901" }),
    "trail.chains": [],
    "workloads.list": [],
    "workloads.offboard": services({}),
    "approvals.requestServiceOffboard": services({}),
    "approvals.requestService": services({ title: "A transfer", codeKey: "A".repeat(44), isAgain: true }),
    // Submissions are the whole study's: whoever holds a right at one of its sites alone is answered as if there were none.
    "submissions.list": [],
    "submissions.get": submissions({}),
    "submissions.addSequence": submissions({}),
    "submissions.create": [{ who: "regulatory701", foreign: { study: OTHER_STUDY, title: "A title" }, absent: { study: "NOSUCH", title: "A title" } }],
    "submissions.assemble": submissions({ sequence: "0000", files: [] }),
    "submissions.prepare": submissions({ sequence: "0000", recipientId: newId("rcp") }),
    ...Object.fromEntries(["packet", "seal", "sealing", "submit", "download"].map((name) => [`submissions.${name}`, sealedPackets({})])),
    "approvals.requestEgress": sealedPackets({ reason: REASON }),
    // Recipients are the deployment's: whoever may read one may read them all, and one who may change none is answered alike.
    "recipients.list": [],
    "approvals.requestRecipient": [],
    "approvals.requestRecipientEnd": [],
    "access.mine": [],
    "approvals.list": [],
  };
};

/** Puts something at site 704 that the probes can name; the study's people are in already. */
export async function plantForeign(at: Deployment, api: Api): Promise<Foreign> {
  const uploaded = await api.call("ingest", "packets.upload", { study: STUDY, content: demographics([{ site: "704", subject: "1109" }]) });
  const begun = await api.call("ingest", "packets.begin", { study: STUDY, files: [{ name: "dm.json", bytes: 1_000_000 }] });
  const [subject] = await at.owner.run<{ id: string }>`SELECT id FROM phi.subjects WHERE site = '704' LIMIT 1`;
  const [own] = await at.owner.run<{ id: string }>`SELECT id FROM phi.subjects WHERE site = '701' LIMIT 1`;
  const person = await plantPerson(at);
  const approvals = [await plantRequest(at, person, `${STUDY}/704`), await plantRequest(at, person, null)] as const;
  const session = {
    id: newId("ses"),
    person: person.id,
    principal: person.principal,
    via: "console",
    workload: "-",
    method: "passkey",
    startedMs: 1,
    lastSeenMs: 1,
    endsMs: 4e12,
  } as const;
  await api.database.transaction((tx) => api.process.people.sessions.begin(tx, session, sha256Hex(session.id)));
  const [packet, upload] = [uploaded, begun].map((reply) => (dataOf(reply) as { packetId: string }).packetId);
  const [lock, reason] = [newId("lck"), newId("chg")];
  await at.owner.run`INSERT INTO audit.changes (id, request_id, sealed, commitment) VALUES (${reason}, 'r', 's', 'c')`;
  await at.owner.run`INSERT INTO policy.locks (id, kind, target, set_by, reason, set_at_ms) VALUES (${lock}, 'token', 'nobodys', ${person.id}, ${reason}, 1)`;
  const [emergency, why] = [newId("emg"), newId("chg")];
  await at.owner.run`INSERT INTO audit.changes (id, request_id, sealed, commitment) VALUES (${why}, 'r', 's', 'c')`;
  await at.owner.run`
    INSERT INTO policy.emergencies (id, principal, person, subject, study, site, cause, reason, from_ms, until_ms)
    VALUES (${emergency}, ${person.principal}, ${person.id}, ${subject?.id ?? ""}, ${STUDY}, '704', 'other', ${why}, 1, 2)`;
  const [review, since] = [newId("arv"), newId("chg")];
  await at.owner.run`INSERT INTO audit.changes (id, request_id, sealed, commitment) VALUES (${since}, 'r', 's', 'c')`;
  await at.owner.run`
    INSERT INTO policy.access_reviews (id, study, site, role, opened_by, reason, opened_at_ms, due_at_ms, lines, digest)
    VALUES (${review}, ${STUDY}, '704', '*', ${person.id}, ${since}, 1, 2, 1, ${"0".repeat(64)})`;
  const trailReviews = [await plantTrailReview(at, person.id, "704"), await plantTrailReview(at, person.id, null)] as const;
  const savedSearch = newId("svs");
  const types = ["ectd_sequence", "irb_correspondence", "investigator_credential"] as const;
  const sender = { client: api.client("ingest"), token: at.forge("ingest") };
  const documents = await releasedDocuments(
    at,
    api,
    sender,
    types.map((type) => ({ type, site: "704", bytes: pdfOf([`(${type})`]) })),
  );
  await at.owner.run`INSERT INTO audit.saved_searches (id, principal, place, name, filter, saved_at_ms) VALUES (${savedSearch}, ${person.principal}, 1, 'Theirs', '{}', 1)`;
  const [submission, sealedPacket] = await plantSubmission(at, person.principal);
  return {
    submission,
    sealedPacket,
    savedSearch,
    documents,
    trailReviews,
    review,
    emergency,
    lock,
    session: session.id,
    packet: packet ?? "",
    upload: upload ?? "",
    subject: subject?.id ?? "",
    own: own?.id ?? "",
    person: person.id,
    approvals,
  };
}

/** A review of the trail of a site, or of the deployment. */
async function plantTrailReview({ owner }: Deployment, openedBy: string, site: string | null): Promise<string> {
  const [id, reason] = [newId("atr"), newId("chg")];
  await owner.run`INSERT INTO audit.changes (id, request_id, sealed, commitment) VALUES (${reason}, 'r', 's', 'c')`;
  await owner.run`
    INSERT INTO audit.trail_reviews (id, study, site, scope_keys, from_ms, until_ms, risks, work_from, work_until, opened_by, reason, opened_at_ms, due_at_ms, items, digest)
    VALUES (${id}, ${site === null ? "*" : STUDY}, ${site ?? "*"}, ARRAY[${site === null ? "system" : `${STUDY}/${site}`}], 1, 2, ARRAY['privilege'], 7, 19, ${openedBy}, ${reason},
            1, 2, 0, ${"0".repeat(64)})`;
  return id;
}

async function plantPerson({ owner }: Deployment): Promise<{ readonly id: string; readonly principal: string }> {
  const planted = { id: newId("per"), principal: newId("prn") };
  await owner.run`INSERT INTO policy.principals (id, name, kind, person) VALUES (${planted.principal}, 'Foreign', 'person', ${planted.id})`;
  await owner.run`INSERT INTO people.persons (id, principal, username, printed_name, status) VALUES (${planted.id}, ${planted.principal}, 'foreign', 'Foreign', 'active')`;
  return planted;
}

/** A request of somebody else's: for a bulk reveal at a site, or for an invitation. */
async function plantRequest({ owner }: Deployment, by: { readonly id: string; readonly principal: string }, site: string | null): Promise<string> {
  const [id, reason] = [newId("apr"), newId("chg")];
  const statement = `{"nonce":"${id}"}`;
  await owner.run`INSERT INTO audit.changes (id, request_id, sealed, commitment) VALUES (${reason}, 'r', 's', 'c')`;
  await owner.run`
    INSERT INTO approvals.requests (id, kind, statement, digest, effect, about, subject, site_key, requested_by, requested_by_person, reason, needed, requested_at_ms, expires_at_ms)
    VALUES (${id}, ${site === null ? "person.invite" : "phi.bulk_reveal"}, ${statement}, ${sha256Hex(statement)}, '[]', 'about',
            (SELECT s.id FROM phi.subjects s WHERE s.site_key = ${site} LIMIT 1), ${site}, ${by.principal}, ${by.id}, ${reason}, 1, ${Date.now()}, ${Date.now() + 3_600_000})`;
  return id;
}

/** A submission of the whole study with a packet of it. */
async function plantSubmission({ owner }: Deployment, principal: string): Promise<readonly [submission: string, packet: string]> {
  const [submission, packet, recipient, approval, reason] = [newId("sbm"), newId("spk"), newId("rcp"), newId("apr"), newId("chg")];
  const [person] = await owner.run<{ id: string }>`SELECT id FROM people.persons WHERE principal = ${principal}`;
  const statement = `{"nonce":"${approval}"}`;
  await owner.run`INSERT INTO audit.changes (id, request_id, sealed, commitment) VALUES (${reason}, 'r', 's', 'c')`;
  await owner.run`
    INSERT INTO approvals.requests (id, kind, statement, digest, effect, about, requested_by, requested_by_person, reason, needed, requested_at_ms, expires_at_ms)
    VALUES (${approval}, 'recipient.change', ${statement}, ${sha256Hex(statement)}, '[]', 'about', ${principal}, ${person?.id ?? ""}, ${reason}, 1, ${Date.now()}, ${Date.now() + 3_600_000})`;
  await owner.run`INSERT INTO egress.recipient (id, kind, registered_at_ms) VALUES (${recipient}, 'agency', 1)`;
  await owner.run`
    INSERT INTO egress.recipient_version (recipient, version, name, key, approval, at_ms)
    VALUES (${recipient}, 1, 'Planted', 'age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p', ${approval}, 1)`;
  await owner.run`INSERT INTO egress.submission (id, study, title, created_by, at_ms) VALUES (${submission}, ${STUDY}, 'Planted', ${principal}, 1)`;
  await owner.run`INSERT INTO egress.sequence (submission, number, created_by, at_ms) VALUES (${submission}, '0000', ${principal}, 1)`;
  await owner.run`
    INSERT INTO egress.sealed_packet (id, submission, study, number, recipient, recipient_version, manifest, digest, prepared_by, prepared_at_ms)
    VALUES (${packet}, ${submission}, ${STUDY}, '0000', ${recipient}, 1, ${packet}, ${sha256Hex(packet)}, ${principal}, 1)`;
  return [submission, packet];
}
