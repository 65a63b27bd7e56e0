import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { SallyportError } from "@sallyport/errors";
import { afterAll, beforeAll, expect, test } from "vitest";
import { failureText } from "./failure-text.ts";
import { KV_SETTING_NAMES } from "./kv-secrets.ts";
import { type Environment, SETTING_NAMES, settingsWithKv } from "./settings.ts";

const SHORT = "q7Rt-2mZ9p";
const EXAMPLE = "change-me-please";
let folder = "";
const at = (name: string): string => join(folder, name);
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "sallyport-secrets-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A plan file that names the secret's own. */
function plan(name: string, content: object): string {
  writeFileSync(at(name), JSON.stringify(content));
  return at(name);
}

interface SecretSetting {
  readonly setting: string;
  /** What the file holds, around the secret itself. */
  readonly content?: (secret: string) => string;
  /** With which settings the file is read. */
  readonly environment: (file: string) => Environment;
  /** Where a secret has a form, one that isn't of it is no secret of that kind at all. */
  readonly weak?: "secret.weak" | "setting.invalid";
}

const provider = { SALLYPORT_OIDC_ISSUER: "https://login.example", SALLYPORT_OIDC_CLIENT_ID: "sallyport" };
const kv = { SALLYPORT_KV_ADDRESS: "https://vault.example", SALLYPORT_DATABASE_URL_KV: "kv/sallyport#url" };
const mail = { name: "duty", host: "mail.example", port: 587, user: "sallyport", from: "a@mail.example", to: ["b@mail.example"] };
const SECRETS: readonly SecretSetting[] = [
  {
    setting: "SALLYPORT_DATABASE_URL_FILE",
    content: (secret) => `postgres://owner:${encodeURIComponent(secret)}@127.0.0.1/trial`,
    environment: (file) => ({ SALLYPORT_DATABASE_URL_FILE: file }),
  },
  { setting: "SALLYPORT_OIDC_CLIENT_SECRET_FILE", environment: (file) => ({ ...provider, SALLYPORT_OIDC_CLIENT_SECRET_FILE: file }) },
  {
    setting: "SALLYPORT_ALERTS_FILE",
    environment: (file) => ({ SALLYPORT_ALERTS_FILE: plan("webhooks", { webhooks: [{ name: "soc", url: "https://soc.example/", secretFiles: [file] }] }) }),
  },
  { setting: "SALLYPORT_ALERTS_FILE", environment: (file) => ({ SALLYPORT_ALERTS_FILE: plan("mail", { mail: [{ ...mail, passwordFile: file }] }) }) },
  {
    setting: "SALLYPORT_EGRESS_FILE",
    environment: (file) => ({ SALLYPORT_EGRESS_FILE: plan("egress", { credentials: [{ kind: "sftp", name: "drop", host: "sftp.example", keyFile: file }] }) }),
    weak: "setting.invalid",
  },
  { setting: "SALLYPORT_KV_TOKEN_FILE", environment: (file) => ({ ...kv, SALLYPORT_KV_TOKEN_FILE: file }) },
];
const CLASSES = ["missing", "empty", "short", "world-readable", "an example"] as const;

function fileOf({ content = (secret) => secret }: SecretSetting, kind: (typeof CLASSES)[number]): string {
  const file = at(`secret-${kind}`);
  rmSync(file, { force: true });
  if (kind === "missing") return file;
  writeFileSync(file, kind === "empty" ? "\n" : content(kind === "short" ? SHORT : kind === "an example" ? EXAMPLE : "vQ7-rT2_mZ9pLx4KcW"), { mode: 0o600 });
  if (kind === "world-readable") chmodSync(file, 0o644);
  return file;
}

test.each(SECRETS.flatMap((secret, place) => CLASSES.map((kind) => [place, secret.setting, kind, secret] as const)))(
  "%i: a secret of %s that is %s stops the start by its name, with what to do, and isn't repeated",
  async (_, setting, kind, secret) => {
    const failure: unknown = await settingsWithKv(secret.environment(fileOf(secret, kind))).then(
      () => "started",
      (error: unknown) => error,
    );
    expect(failure).toBeInstanceOf(SallyportError);
    const code = kind === "world-readable" ? "secret.exposed" : kind === "missing" || kind === "empty" ? "secret.missing" : (secret.weak ?? "secret.weak");
    expect(failure).toMatchObject({ code, context: { setting } });
    const text = failureText(failure);
    expect(text).toContain(setting);
    // What to do is the sentence before the code.
    expect(text).toMatch(/\. [A-Z][^.]+.*\. \[[a-z._]+\]$/);
    for (const value of [SHORT, EXAMPLE, "vQ7-rT2"]) expect(text).not.toContain(value);
  },
);

/** What is public, and so no secret. */
const PUBLIC = ["SALLYPORT_ANCHORS_FILE", "SALLYPORT_KV_CA_FILE"];

test("every setting of the supervisor's that names a secret's file is in the table", () => {
  const tried = new Set(SECRETS.map(({ setting }) => setting));
  const named = [...new Set([...SETTING_NAMES, ...KV_SETTING_NAMES])].filter((name) => name.endsWith("_FILE") && !PUBLIC.includes(name));
  expect([...tried].sort()).toEqual(named.sort());
});
