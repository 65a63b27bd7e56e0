import { isAbsolute } from "node:path";
import { PlanFile } from "@sallyport/outbound";
import { z } from "zod";

const SETTING = "SALLYPORT_EGRESS_FILE";
const FILE = new PlanFile(SETTING, "docs/runbooks/outbox.md");
const name = z.string().regex(/^[a-z0-9][a-z0-9.-]{0,39}$/);
const host = z.string().regex(/^[a-z0-9.-]{1,253}$/);
const Path = z.string().max(1000).refine(isAbsolute);

/** What an operator writes into the file that `SALLYPORT_EGRESS_FILE` names. Each key is in a file of its own, that is its owner's alone. */
const Written = z.strictObject({
  credentials: z
    .array(
      z.discriminatedUnion("kind", [
        z.strictObject({ kind: z.literal("https"), name, host, certFile: Path, keyFile: Path, caFile: Path.optional() }),
        z.strictObject({ kind: z.literal("sftp"), name, host, keyFile: Path }),
      ]),
    )
    .min(1)
    .max(40),
});

/** The same as it is handed to the egress process, in a file of its own: with the keys in it. */
const Plan = z.strictObject({
  credentials: z.array(
    z.discriminatedUnion("kind", [
      z.strictObject({ kind: z.literal("https"), name, host, cert: z.string(), key: z.string(), ca: z.string().optional() }),
      z.strictObject({ kind: z.literal("sftp"), name, host, key: z.string() }),
    ]),
  ),
});

/** What the egress process proves itself with, and to which host each is shown. It holds secrets. */
export type EgressPlan = z.infer<typeof Plan>;

/** How a plan's files are read. */
interface PlanFiles {
  readonly read: (path: string) => string;
  /** @throws SallyportError `secret.missing` or `secret.exposed`, which names the file. */
  readonly readSecret: (path: string) => string;
}

/**
 * Reads what an operator wrote.
 * @throws SallyportError `setting.invalid`, which names the member; `secret.*`, which names the file. No secret is ever in one.
 */
export function readWrittenEgress(json: string, { read, readSecret }: PlanFiles): EgressPlan {
  const { credentials } = FILE.parse(Written, json);
  if (new Set(credentials.map((each) => each.name)).size < credentials.length) throw FILE.invalid("it uses a name twice");
  return {
    credentials: credentials.map((each) => {
      const key = readSecret(each.keyFile);
      if (!key.includes("PRIVATE KEY-----")) throw FILE.invalid(`the key file of ${each.name} holds no private key`);
      if (each.kind === "sftp") return { kind: each.kind, name: each.name, host: each.host, key };
      const { certFile, caFile } = each;
      return {
        kind: each.kind,
        name: each.name,
        host: each.host,
        cert: FILE.certificates(certFile, read),
        key,
        ...(caFile !== undefined && { ca: FILE.certificates(caFile, read) }),
      };
    }),
  };
}

/** Reads what {@link readWrittenEgress} gave, as it was handed over. @throws SallyportError `setting.invalid`. */
export const readEgress = (json: string): EgressPlan => FILE.parse(Plan, json);
