import { parse } from "yaml";
import { treeCheck } from "./tree.mjs";

const FILE = "docker-compose.yml";
const ZONES = "packages/zones/src/zones.ts";

/** The zones table, as written in code: each zone's processes, callers and inner exceptions. */
function zonesOf(text) {
  const rows = [...text.replace(/\s+/g, " ").matchAll(/\{ name: "(\w+)", processes: \[([^\]]*)\].*?callers: \[([^\]]*)\], within: \[(.*?)\], posture/g)];
  const names = (list) => [...list.matchAll(/"([\w-]+)"/g)].map(([, name]) => name);
  return rows.map(([, name, processes, callers, within]) => ({
    name,
    processes: names(processes),
    callers: names(callers),
    within: [...within.matchAll(/\["(\w+)", "(\w+)"\]/g)].map(([, from, to]) => [from, to]),
  }));
}

/** What the compose file says, against the zones: who is in which network, hardened, with secrets as files and nothing exposed inward. */
function faultsOf(document, zones) {
  const services = document.services ?? {};
  const zoneOf = (service) => zones.find(({ processes }) => processes.includes(service));
  const allowed = (from, to) =>
    zoneOf(to).within.some(([a, b]) => a === from && b === to) || (zoneOf(from).name !== zoneOf(to).name && zoneOf(to).callers.includes(zoneOf(from).name));
  const found = [];
  for (const [name, service] of Object.entries(services)) {
    if (zoneOf(name) === undefined) {
      found.push(`${name} is in no zone`);
      continue;
    }
    if (service.read_only !== true) found.push(`${name} is not read-only`);
    if (service.privileged === true || !(service.cap_drop ?? []).includes("ALL")) found.push(`${name} keeps privileges`);
    if (!(service.security_opt ?? []).includes("no-new-privileges:true")) found.push(`${name} may gain privileges`);
    if (service.ports !== undefined && !zoneOf(name).callers.includes("public")) found.push(`${name} is open to the public zone`);
    for (const [key, value] of Object.entries(service.environment ?? {})) {
      if (/PASSWORD|SECRET|URL$/.test(key) && !key.endsWith("_FILE") && /:\/\/.*:.*@|^(?!https?:)[^/]{8,}$/.test(String(value)))
        found.push(`${name} has ${key} in its environment`);
    }
    for (const [other, second] of Object.entries(services)) {
      if (other === name || zoneOf(other) === undefined) continue;
      const meet = (service.networks ?? []).some((network) => (second.networks ?? []).includes(network));
      if (meet && !allowed(name, other) && !allowed(other, name)) found.push(`${name} and ${other} share a network, and neither may call the other`);
      if (!meet && allowed(name, other) && name !== "postgres" && zoneOf(name).name !== "public") found.push(`${name} may call ${other}, and they share no network`);
    }
  }
  for (const process of zones.flatMap(({ processes }) => processes)) if (services[process] === undefined) found.push(`${process} is missing`);
  return found;
}

export const compose = treeCheck(
  "compose: agrees with the zones",
  (tree) => {
    const zones = zonesOf(tree.text(ZONES));
    if (zones.length !== 5) return [`${ZONES}: ${zones.length} zones were read`];
    return faultsOf(parse(tree.text(FILE), { merge: true }), zones).map((fault) => `${FILE}: ${fault}`);
  },
  { [FILE]: "services:\n  console: { networks: [all], read_only: true }\n  postgres: { networks: [all], ports: ['5432:5432'] }\n" },
);
