import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Authority, createAuthority } from "@sallyport/pki";

const { SALLYPORT_CUSTODIAN_HOME: home, STAND_IN_LIFETIME_S: lifetime = "3600" } = process.env;
const store = join(home, "store.json");
const deployment = "dstandin00001";
const trustDomain = `${deployment}.sallyport`;
if (!existsSync(store)) writeFileSync(store, JSON.stringify(createAuthority({ trustDomain, now: Date.now, years: 1 })), { mode: 0o600 });
const authority = new Authority(JSON.parse(readFileSync(store, "utf8")), Date.now);
const revocations = join(home, "revoked.json");
const revoked = new Set(existsSync(revocations) ? JSON.parse(readFileSync(revocations, "utf8")) : []);

process.on("message", ({ type, id, spiffe, csr, dns }) => {
  if (type === "revoke") {
    revoked.add(spiffe);
    writeFileSync(revocations, JSON.stringify([...revoked]), { mode: 0o600 });
    process.send({ type: "revoked", id });
  }
  // Open until a test says that it was used.
  if (type === "founding")
    process.send({ type: "links", id, links: existsSync(join(home, "enrolled")) ? [] : [1, 2].map((founder) => ({ founder, secret: String(founder).repeat(43) })) });
  if (type === "authorities") process.send({ type: "authorities", id, ca: authority.certPem, issuing: authority.certPem });
  if (type === "placed") process.send({ type: "placed", id });
  if (type !== "issue") return;
  if (revoked.has(spiffe)) return process.send({ type: "failed", id, code: "workload.revoked" });
  const { certPem, notAfterS } = authority.issue({ csrPem: csr, spiffe, dns, lifetimeSeconds: Number(lifetime) });
  process.send({ type: "issued", id, cert: certPem, ca: authority.certPem, notAfterS });
});
setInterval(() => undefined, 60_000);
process.on("SIGTERM", () => {
  writeFileSync(join(process.argv[3], "custodian.stopped"), String(Date.now()));
  process.exit(0);
});
process.send({ type: "ready", deployment, trustDomain, fingerprint: "sha256:00" });
