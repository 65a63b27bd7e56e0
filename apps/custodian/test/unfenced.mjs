import { lockStore } from "@sallyport/custody/journal";
import { listen, openCustodian, openTrail } from "../dist/index.js";

// A custodian as the product's, but for one thing: it never asks whether the store is still its own.
const { SALLYPORT_CUSTODIAN_HOME: home, SALLYPORT_CUSTODIAN_ADDRESS: address, SALLYPORT_TEST_DATABASE_URL: url } = process.env;
const lock = lockStore(home);
const custodian = await openCustodian({
  home,
  now: Date.now,
  onFailure: () => process.exit(1),
  reader: openTrail(url, "unfenced"),
  runDeeply: () => Promise.resolve(),
  starterPolicyDigest: "",
  shippedProfileDigests: [],
  party: { id: "localhost", origin: "http://localhost:3000" },
  archiveAfterDays: 30,
  lock: () => ({ assertHeld: () => undefined, release: () => lock.release() }),
  epochs: openTrail(url, "unfenced-epochs").epochs,
});
const { deployment, trustDomain, certificates, handle } = custodian;
const [host, port] = address.split(":");
const listener = await listen({ host, port: Number(port), trustDomain, certificates, handle, now: Date.now });
setInterval(() => {
  try {
    lock.beat();
  } catch {
    // That is what it doesn't heed.
  }
}, 500);
process.on("message", ({ id, csr, spiffe, dns }) => void certificates.issue({ csr, spiffe, dns }).then((issued) => process.send({ type: "issued", id, ...issued })));
process.on("disconnect", () => process.exit(0));
process.send({ type: "ready", deployment, trustDomain, port: listener.port });
