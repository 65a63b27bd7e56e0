import { readFileSync } from "node:fs";
import { isIP } from "node:net";
import { SallyportError } from "@sallyport/errors";
import type { Options, PostgresType } from "postgres";

/** What a connection's URL says, taken apart. */
export interface ConnectionSettings {
  readonly host: string;
  readonly port: number;
  readonly database: string;
  readonly username: string;
  readonly password: string;
  /** TLS options, or false on loopback. */
  readonly ssl: false | { readonly rejectUnauthorized: true; readonly ca?: string; readonly servername?: string };
}

const LOOPBACK = new Set(["localhost", "127.0.0.1", "::1"]);

/** Parameters that a URL may carry; any other would reach the server as a setting of the session. */
const PARAMETERS = new Set(["sslmode", "sslrootcert"]);

/**
 * Reads a `postgres://` URL. Plain connections are for loopback alone; any other host needs `sslmode=verify-full`
 * (with `sslrootcert=<file>` where its CA is not a public one).
 *
 * @throws SallyportError `setting.invalid` where it is no such URL, `database.insecure` where the connection would not be
 *   verified. The context never holds the URL.
 */
export function parseDatabaseUrl(url: string): ConnectionSettings {
  if (!URL.canParse(url)) throw invalid("is not a URL");
  const { protocol, hostname, port, pathname, username, password, searchParams } = new URL(url);
  const host = decoded(hostname).replace(/^\[(.*)\]$/, "$1");
  const database = decoded(pathname.slice(1));
  if (!/^postgres(ql)?:$/.test(protocol)) throw invalid("does not begin with postgres://");
  if (host === "") throw invalid("names no host");
  if (database === "") throw invalid("names no database");
  if (username === "") throw invalid("names no user");
  for (const name of searchParams.keys()) if (!PARAMETERS.has(name)) throw invalid("has a parameter other than sslmode and sslrootcert");
  for (const name of PARAMETERS) if (searchParams.getAll(name).length > 1) throw invalid(`names ${name} more than once`);
  return {
    host,
    port: port === "" ? 5432 : Number(port),
    database,
    username: decoded(username),
    password: decoded(password),
    ssl: tlsOf(host, searchParams.get("sslmode"), searchParams.get("sslrootcert")),
  };
}

const invalid = (reason: string): SallyportError => new SallyportError("setting.invalid", { setting: "database url", reason });

/** A part of a URL without its escapes. */
function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    throw invalid("holds a % that is no escape; write it as %25");
  }
}

function certificateIn(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    throw invalid("names an sslrootcert that can't be read");
  }
}

function tlsOf(host: string, mode: string | null, rootCert: string | null): ConnectionSettings["ssl"] {
  if (mode === "verify-full") {
    return {
      rejectUnauthorized: true,
      ...(rootCert !== null && { ca: certificateIn(rootCert) }),
      ...(isIP(host) === 0 && { servername: host }),
    };
  }
  if (!LOOPBACK.has(host)) throw new SallyportError("database.insecure", { setting: "database url", reason: "another host is reached without sslmode=verify-full" });
  if (mode === null || mode === "disable") return false;
  throw invalid("has an sslmode other than disable and verify-full");
}

/** The driver's options for one connection that this package watches over itself (connection.ts). */
export function driverOptions(settings: ConnectionSettings, applicationName: string): Options<Record<string, PostgresType>> {
  return {
    host: settings.host,
    port: settings.port,
    database: settings.database,
    username: settings.username,
    password: settings.password,
    ssl: settings.ssl,
    max: 1,
    connect_timeout: 2,
    // The driver would close an old or idle connection between two statements of our transactions.
    idle_timeout: 0,
    max_lifetime: null,
    // Its catalogue query at each connect is for array parameters, of which there are none here.
    fetch_types: false,
    onnotice: () => undefined,
    connection: { application_name: applicationName },
  };
}
