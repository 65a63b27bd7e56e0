import { alertKinds } from "@sallyport/policy";
import { SallyportError } from "@sallyport/errors";
import { expect, test } from "vitest";
import { readAlerts, readWrittenAlerts, routesOf } from "./index.ts";

const SECRET = `whsec_${Buffer.from(Array.from({ length: 32 }, (_, at) => (at * 7) % 256)).toString("base64")}`;
const FILES: Readonly<Record<string, string>> = {
  "/keys/now": SECRET,
  "/keys/short": `whsec_${Buffer.alloc(8).toString("base64")}`,
  "/keys/same": `whsec_${Buffer.alloc(32, 7).toString("base64")}`,
  "/keys/bare": Buffer.alloc(32, 9).toString("base64"),
  "/ca.pem": "-----BEGIN CERTIFICATE-----",
  "/text": "text",
};
const read = (path: string): string => {
  const text = FILES[path];
  if (text === undefined) throw new SallyportError("secret.missing", { setting: "SALLYPORT_ALERTS_FILE", file: path });
  return text;
};
const planOf = (written: object) => readWrittenAlerts(JSON.stringify(written), { read, readSecret: read });

const webhook = { name: "soc", url: "https://soc.example/hook", secretFiles: ["/keys/now"] };
const mail = { name: "mail", host: "mail.example", port: 587, from: "a@site.example", to: ["b@sponsor.example"] };

test("a plan is read whole, handed over, and makes its places in order", () => {
  const plan = planOf({ webhooks: [{ ...webhook, caFile: "/ca.pem", kinds: ["incident.opened"] }], mail: [{ ...mail, user: "u", passwordFile: "/keys/now" }] });
  expect(readAlerts(JSON.stringify(plan))).toEqual(plan);
  const [soc, post] = routesOf(plan);
  expect([soc?.name, post?.name]).toEqual(["soc", "mail"]);
  expect(alertKinds.filter((kind) => soc?.takes(kind))).toEqual(["incident.opened", "alert.test"]);
  expect(alertKinds.every((kind) => post?.takes(kind))).toBe(true);
  expect(routesOf(null)).toEqual([]);
});

test.each<readonly [string, object, string, string]>([
  ["nobody", {}, "setting.invalid", "names nobody"],
  ["a name twice", { webhooks: [webhook], mail: [{ ...mail, name: "soc" }] }, "setting.invalid", "a name twice"],
  ["an address without TLS", { webhooks: [{ ...webhook, url: "http://soc.example/" }] }, "setting.invalid", "webhooks.0.url"],
  ["a secret that isn't there", { webhooks: [{ ...webhook, secretFiles: ["/keys/absent"] }] }, "secret.missing", "/keys/absent"],
  ["a secret that is short", { webhooks: [{ ...webhook, secretFiles: ["/keys/now", "/keys/short"] }] }, "secret.weak", "/keys/short"],
  ["a secret that is one byte again and again", { webhooks: [{ ...webhook, secretFiles: ["/keys/same"] }] }, "secret.weak", "/keys/same"],
  ["a secret without its prefix", { webhooks: [{ ...webhook, secretFiles: ["/keys/bare"] }] }, "secret.weak", "/keys/bare"],
  ["a certificate that is none", { webhooks: [{ ...webhook, caFile: "/text" }] }, "setting.invalid", "without a certificate"],
  ["a kind that there isn't", { webhooks: [{ ...webhook, kinds: ["everything"] }] }, "setting.invalid", "webhooks.0.kinds.0"],
  ["mail without TLS to another machine", { mail: [{ ...mail, tls: "none" }] }, "setting.invalid", "without TLS"],
  ["a password without TLS", { mail: [{ ...mail, host: "localhost", tls: "none", user: "u", passwordFile: "/keys/now" }] }, "setting.invalid", "over TLS alone"],
  ["a user without a password", { mail: [{ ...mail, user: "u" }] }, "setting.invalid", "or neither"],
  [
    "two servers for people",
    {
      mail: [
        { ...mail, people: true },
        { ...mail, name: "other", people: true },
      ],
    },
    "setting.invalid",
    "one mail server at most",
  ],
  ["a name that is a person's", { webhooks: [{ ...webhook, name: "per.01hzzzzzzzzzzzzzzzzzzzzzzz" }] }, "setting.invalid", "webhooks.0.name"],
  ["a mailbox that is none", { mail: [{ ...mail, to: ["b@sponsor.example\r\nBcc: c"] }] }, "setting.invalid", "mail.0.to.0"],
])("%s is refused by name, and no secret is in what it says", (_, written, code, says) => {
  try {
    planOf(written);
    expect.unreachable();
  } catch (error) {
    expect(error).toMatchObject({ code });
    const said = JSON.stringify((error as SallyportError).context);
    expect(said).toContain(says);
    for (const secret of Object.values(FILES).filter((text) => text.length > 20 && !text.startsWith("---"))) expect(said).not.toContain(secret);
  }
});
