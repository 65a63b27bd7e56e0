import { createHash } from "node:crypto";
import { readdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { HttpsPortalServer, OpenSshServer } from "@sallyport/portal-testkit";

/** What the agency answers for: a packet that lies in its folder. */
interface Arrived {
  readonly key: string;
  readonly sha256: string;
  readonly length: number;
}

/** Writes files of a folder, as an operator has them; answers their paths. */
export const keptIn =
  (folder: string) =>
  (name: string, text: string): string => {
    writeFileSync(join(folder, name), text, { mode: 0o600 });
    return join(folder, name);
  };

/** What the egress process proves itself with to an HTTPS portal, in files. */
export function httpsCredential(folder: string, portal: HttpsPortalServer): object {
  const kept = keptIn(folder);
  const { cert, key } = portal.certificate();
  const files = { certFile: kept("portal.pem", cert), keyFile: kept("portal.key", key), caFile: kept("portal-ca.pem", portal.ca) };
  return { name: "gateway", kind: "https", host: portal.host, ...files };
}

/** An agency's two portals, of which each has a server of its own: HTTPS, which asks for a certificate, and a folder of OpenSSH's. */
export class Portals {
  readonly https: HttpsPortalServer;
  readonly sftp: OpenSshServer;

  private constructor(https: HttpsPortalServer, sftp: OpenSshServer) {
    this.https = https;
    this.sftp = sftp;
  }

  static async start(): Promise<Portals> {
    return new Portals(await HttpsPortalServer.start(), await OpenSshServer.start());
  }

  /** Writes what the egress process proves itself with into a folder; answers the file that its setting names. */
  credentials(folder: string): string {
    const kept = keptIn(folder);
    const credentials = [httpsCredential(folder, this.https), { name: "drop", kind: "sftp", host: "127.0.0.1", keyFile: kept("drop.key", this.sftp.key) }];
    return kept("egress.json", JSON.stringify({ credentials }));
  }

  /** What came in over SFTP, whole. */
  arrived(): readonly Arrived[] {
    const packets = readdirSync(this.sftp.folder).filter((name) => name.endsWith(".age"));
    return packets.map((name) => {
      const bytes = readFileSync(join(this.sftp.folder, name));
      return { key: name.slice(0, -".age".length), sha256: createHash("sha256").update(bytes).digest("hex"), length: bytes.length };
    });
  }

  /** Puts a receipt beside a packet, as the agency does: by a rename. */
  acknowledge({ key, sha256, length }: Arrived, receipt: string): void {
    const [fresh, name] = [join(this.sftp.folder, `${key}.new`), join(this.sftp.folder, `${key}.receipt.json`)];
    writeFileSync(fresh, JSON.stringify({ v: 1, key, at: new Date().toISOString(), outcome: "received", sha256, length, receipt }));
    renameSync(fresh, name);
  }

  async close(): Promise<void> {
    await this.https.down();
    this.sftp.remove();
  }
}
