import type { Command } from "./command.ts";

interface Entry {
  readonly summary: string;
  readonly load: () => Promise<Command>;
}

/** Every command there is, in the order in which help shows them. */
export const commandTable: Readonly<Record<string, Entry>> = {
  login: { summary: "sign in as yourself, confirmed at the console", load: async () => (await import("./commands/login.ts")).login },
  logout: { summary: "sign out", load: async () => (await import("./commands/logout.ts")).logout },
  ingest: { summary: "upload a dataset into quarantine", load: async () => (await import("./commands/ingest.ts")).ingest },
  spool: { summary: "ask what became of a request that was kept for later", load: async () => (await import("./commands/spool.ts")).spool },
  drop: { summary: "take deliveries from a site's SFTP server", load: async () => (await import("./commands/drop.ts")).drop },
  release: { summary: "release a packet from quarantine", load: async () => (await import("./commands/decide-packet.ts")).release },
  reject: { summary: "reject a packet in quarantine", load: async () => (await import("./commands/decide-packet.ts")).reject },
  profile: { summary: "show classification profiles, and propose a change", load: async () => (await import("./commands/profile.ts")).profile },
  policy: { summary: "show what roles may do, who can reach something, and why", load: async () => (await import("./commands/policy.ts")).policy },
  call: { summary: "call any procedure of the api", load: async () => (await import("./commands/call.ts")).call },
  export: { summary: "write a chain of the trail as a bundle that verifies offline", load: async () => (await import("./commands/export.ts")).exportCommand },
  archive: { summary: "write a closed generation as a bundle, so that it can be archived", load: async () => (await import("./commands/archive.ts")).archive },
  excerpt: { summary: "write chosen records of the trail, each with its proof", load: async () => (await import("./commands/excerpt.ts")).excerpt },
  report: { summary: "make a document to read, HTML or PDF, of an excerpt or a bundle", load: async () => (await import("./commands/report.ts")).report },
  prove: { summary: "write one record with the proof that it is in a signed checkpoint", load: async () => (await import("./commands/prove.ts")).prove },
  verify: { summary: "verify a bundle or a record's proof, without network, database or secret", load: async () => (await import("./commands/verify.ts")).verify },
  drill: { summary: "tamper with a copy of a bundle, and see what finds it", load: async () => (await import("./commands/drill.ts")).drill },
  witness: { summary: "cosign another deployment's checkpoints, so that it can't take its trail back", load: async () => (await import("./commands/witness.ts")).witness },
  outbox: { summary: "show what is on its way to recipients, and look after it", load: async () => (await import("./commands/outbox.ts")).outbox },
  alerts: { summary: "send a test alert to everybody who is told of what can't wait", load: async () => (await import("./commands/alerts.ts")).alerts },
  siem: { summary: "hand the trail on to a SIEM, as OCSF events", load: async () => (await import("./commands/siem.ts")).siem },
  status: { summary: "show what runs and how it is", load: async () => (await import("./commands/status.ts")).status },
  doctor: { summary: "look for what is wrong with this deployment", load: async () => (await import("./commands/doctor.ts")).doctor },
  backup: { summary: "copy the embedded deployment, running or stopped", load: async () => (await import("./commands/backup.ts")).backup },
  restore: { summary: "put a backup into a new folder", load: async () => (await import("./commands/restore.ts")).restore },
  enrol: { summary: "enrol a service on its own machine, with its one-time code", load: async () => (await import("./commands/enrol.ts")).enrol },
  renew: { summary: "renew a service's certificate", load: async () => (await import("./commands/renew.ts")).renew },
  keys: { summary: "show the rings of keys, and rehearse a rotation", load: async () => (await import("./commands/keys.ts")).keys },
  passwords: { summary: "show the processes' passwords of the database, and put new ones in use", load: async () => (await import("./commands/passwords.ts")).passwords },
  recipients: { summary: "list whom packets are sealed to, or ask for a change", load: async () => (await import("./commands/recipients.ts")).recipients },
  submission: { summary: "assemble a submission, seal its packets and let them leave", load: async () => (await import("./commands/submission.ts")).submission },
  subject: { summary: "show how a subject stands, and ask for its shredding", load: async () => (await import("./commands/subject.ts")).subject },
  workloads: { summary: "list the local profiles, create or offboard a service", load: async () => (await import("./commands/workloads.ts")).workloads },
  revoke: { summary: "revoke a local profile", load: async () => (await import("./commands/revoke.ts")).revoke },
  custodian: { summary: "offline acts on the custodian's store", load: async () => (await import("./commands/custodian.ts")).custodian },
  setup: { summary: "register the first studies, sites and profiles", load: async () => (await import("./commands/setup.ts")).setup },
};
