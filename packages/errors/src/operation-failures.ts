import { denied, failed, rejected, unavailable, type ErrorFacts } from "./error-facts.ts";

/** Failures of start and operation: seen by operators, never on the wire. */
export const operationFailures = {
  "sftp.unreachable": unavailable("service", "The SFTP server can't be reached, or broke off. What was sent stays.", "Check the server and its address; the next round goes on."),
  "sftp.host_key": denied(
    403,
    "workload",
    "The SFTP server didn't show the host key that is pinned. Nothing was said to it.",
    "Ask whose server it is for its host key's fingerprint by another way, and pin that one if it was changed.",
  ),
  "sftp.login": denied(403, "workload", "The SFTP server didn't take the key. Nothing was read or written.", "Have the public key put in place for this user at that server."),
  "sftp.refused": unavailable(
    "service",
    "The SFTP server refused an operation in the folder. What was decided stays.",
    "Let the user read, write and rename there, and look for a full disk; the next round goes on.",
  ),
  "setting.invalid": rejected(400, "A setting is missing or wrong.", "Correct the named setting and start again."),
  "secret.missing": rejected(400, "A secret is missing.", "Provide the named file or setting and start again."),
  "secret.weak": rejected(400, "A secret is too short or an example.", "Replace the named secret with a random one."),
  "secret.exposed": rejected(400, "A secret can be read by others, or belongs to someone else.", "Give the named file to this user alone (chmod 600)."),
  "database.unreachable": unavailable("service", "The database can't be reached.", "Check the database and its address."),
  "database.insecure": rejected(400, "The database connection or its durability is not safe.", "Use sslmode=verify-full, and fsync, full_page_writes and synchronous_commit on."),
  "database.newer": rejected(400, "The database's schema is newer than this version.", "Start the newer version."),
  "database.altered": rejected(400, "The database's schema was not made by this version's migrations.", "Start the version that made it, or restore the database."),
  "database.foreign": rejected(400, "The database belongs to another deployment.", "Point the settings at this deployment's database."),
  "port.taken": rejected(400, "A port is in use.", "Stop the other program or choose another port."),
  "custodian.locked": rejected(409, "The custodian's store is in use.", "Stop Sallyport first."),
  "custodian.fenced": rejected(
    409,
    "Another custodian has taken the store over. This one seals, signs, mints, approves and destroys nothing any more, and ends.",
    "Nothing where a supervisor starts it again: it waits as the standby then. Otherwise find out who runs the other one.",
  ),
  "custodian.older": rejected(
    409,
    "The custodian's store is older than the one that took over last. It doesn't serve, and nothing in it was changed.",
    "Put the newest store back; if there is no newer one, start once with SALLYPORT_STANDBY=off (docs/runbooks/standby.md).",
  ),
  "custodian.store": rejected(400, "The custodian's store can't be opened.", "Restore it from its backup together with its root key."),
  "bundle.unreadable": rejected(400, "This is not an export bundle.", "Name the folder that the export wrote."),
  "packet.fetched": rejected(
    400,
    "What was fetched is not what was sealed. Nothing of it was kept.",
    "Fetch the packet again; if it stays so, tell whoever operates the deployment.",
  ),
  "packet.sealed": rejected(
    400,
    "This packet is still sealed. Nothing of it was looked at.",
    "Open it with the recipient's key first: age --decrypt -i KEY, then verify what comes out.",
  ),
  "bundle.exists": rejected(400, "The folder for the export is not empty. Nothing was written.", "Name a new or empty folder."),
  "backup.unreadable": rejected(400, "This is not a backup, or one of another version. Nothing was restored.", "Name the folder that the backup wrote."),
  "backup.key": rejected(
    400,
    "The backup's manifest doesn't verify under this root key: the key is another one, or the manifest was altered. Nothing was restored.",
    "Name the file of the root key that the deployment had when the backup was made.",
  ),
  "backup.damaged": rejected(
    400,
    "A file of the backup is missing, altered, or not in its manifest. Nothing was restored.",
    "Take another copy of this backup, or another backup.",
  ),
  "backup.shreds": rejected(
    400,
    "The journal of what was destroyed for good isn't beside the root key, so this could bring back what nobody may open any more. Nothing was restored.",
    "Name the deployment's shreds.jsonl with --shreds FILE; or, where nothing was ever shredded, say --shreds none.",
  ),
  "backup.exists": rejected(400, "The folder is not empty. Nothing was written.", "Name a new or empty folder."),
  "file.exists": rejected(400, "There is a file of that name already. Nothing was written.", "Name a new file."),
  "cursor.unreadable": rejected(
    400,
    "The cursor isn't one that this command wrote. Nothing was handed on.",
    "Name the right file; or begin anew with another one, and with another file for the events.",
  ),
  "cursor.diverged": failed(
    "trail",
    "What the trail says next doesn't follow what was handed on last, so nothing more of it was.",
    "Have the chain verified: it may have been cut, put back or altered. Where the deployment was set up anew, begin with another cursor.",
  ),
  "cursor.archived": failed(
    "trail",
    "Records that were not handed on yet were archived and removed, so nothing more of their chain was.",
    "They are in the archived bundles. Begin with another cursor and another file for the events: it begins behind what was archived.",
  ),
  "verb.invalid": rejected(400, "The custodian was sent something that it does not take.", "Report the request id."),
  "verb.refused": denied(403, "trail", "The custodian refused: this would rewrite what is already signed, or is not what was approved.", "Tell a security administrator at once."),
} as const satisfies Record<string, ErrorFacts>;
