import { randomBytes } from "node:crypto";
import postgres from "postgres";
import { inject } from "vitest";
import { askFor } from "./testing-once.ts";
import { startTemporary, type TemporaryCluster } from "./testing-server.ts";
import type {} from "./testing-setup.ts";

export type { TemporaryCluster } from "./testing-server.ts";

/** URLs by name, all of one database: those of its roles, say. */
export type Urls = Readonly<Record<string, string>>;

/** A database of a test's own. */
export interface TestDatabase {
  /** The superuser's URL of this database. */
  readonly url: string;
  /** What the template's `prepare` returned, pointing at this database. */
  readonly urls: Urls;
  /** Removes the database, whoever is still connected. */
  readonly drop: () => Promise<void>;
}

/**
 * How a template database is filled: once per name and test run, whatever the number of workers. Roles belong to the
 * whole cluster, so whatever makes roles must do so in one template that all tests share.
 */
export interface Template {
  readonly name: string;
  /** Gets the superuser's URL of the new, empty template; leaves no connection open. */
  prepare(url: string): Promise<Urls>;
}

/**
 * Makes a database, empty or from a template, in the run's shared cluster. That cluster forgets everything in a crash
 * (`fsync=off`): to test crashes use {@link durableCluster}.
 */
export async function testDatabase(template?: Template): Promise<TestDatabase> {
  const server = await sharedUrl();
  const admin = postgres(server, { max: 1, onnotice: () => undefined });
  try {
    const name = `test_${randomBytes(6).toString("hex")}`;
    const from = template === undefined ? undefined : await prepared(admin, server, template);
    await admin.unsafe(`CREATE DATABASE ${name} TEMPLATE ${from?.name ?? "template0"} STRATEGY file_copy`);
    const urls = Object.fromEntries(Object.entries(from?.urls ?? {}).map(([key, url]) => [key, withDatabase(url, name)]));
    return { url: withDatabase(server, name), urls, drop: () => drop(server, name) };
  } finally {
    await admin.end();
  }
}

/** Starts a cluster of the test's own that keeps what it acknowledged, as in production. The test disposes of it. */
export const durableCluster = (): Promise<TemporaryCluster> => startTemporary(true);

let own: Promise<TemporaryCluster> | undefined;

async function sharedUrl(): Promise<string> {
  const path = inject("sallyportPostgres") as string | undefined;
  if (path !== undefined) return (await askFor<{ url: string }>(path)).url;
  own ??= startTemporary(false);
  return (await own).url;
}

/** The database that holds the list of templates, beside the templates themselves. */
async function prepared(admin: postgres.Sql, server: string, template: Template): Promise<{ name: string; urls: Urls }> {
  if (!/^[a-z][a-z0-9_]{0,40}$/.test(template.name)) throw new RangeError("a template's name is lower-case letters, digits and _");
  const name = `template_${template.name}`;
  await admin`SELECT pg_advisory_lock(hashtext(${name}))`;
  try {
    await admin`CREATE TABLE IF NOT EXISTS public.test_template (name text PRIMARY KEY, urls jsonb NOT NULL)`;
    const [known] = await admin<{ urls: Urls }[]>`SELECT urls FROM public.test_template WHERE name = ${name}`;
    if (known !== undefined) return { name, urls: known.urls };
    await admin.unsafe(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
    await admin.unsafe(`CREATE DATABASE ${name} TEMPLATE template0 STRATEGY file_copy`);
    const urls = await template.prepare(withDatabase(server, name));
    await admin`INSERT INTO public.test_template VALUES (${name}, ${admin.json({ ...urls })})`;
    return { name, urls };
  } finally {
    await admin`SELECT pg_advisory_unlock(hashtext(${name}))`;
  }
}

function withDatabase(url: string, database: string): string {
  const changed = new URL(url);
  changed.pathname = `/${database}`;
  return changed.href;
}

async function drop(server: string, name: string): Promise<void> {
  const admin = postgres(server, { max: 1, onnotice: () => undefined });
  try {
    await admin.unsafe(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
  } finally {
    await admin.end();
  }
}
