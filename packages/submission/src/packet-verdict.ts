import { handedOverFrom, handedOverLines } from "@sallyport/audit";
import type { PacketFindings, PacketVerdict } from "./verify-packet.ts";

const LIMITS = [
  "That nothing newer replaces it, and that a signature in it wasn't revoked or superseded afterwards: ask the deployment.",
  "That what a document says is so, or that it is what the recipient asked for.",
  "That the custodian itself was honest about who released and who signed.",
];

/** Puts what was found of a packet into a verdict. */
export function packetVerdict(findings: PacketFindings): PacketVerdict {
  const { pins, key, faults, manifest, digest, release } = findings;
  const fingerprint = key?.fingerprint ?? null;
  const pinned = pins.fingerprint !== undefined;
  const whole = manifest !== null && faults.length === 0;
  const followed = key === null || !whole ? {} : handedOverFrom(pins.fingerprint, key);
  return {
    whole,
    pinned,
    ...followed,
    reads: whole ? (pinned ? "whole" : "self-consistent, key not pinned") : "broken",
    breaks: faults.map(({ kind, path, why }) => ({ chain: "", generation: 0, seq: 0, kind: "altered", why: `${kind}${path === "" ? "" : ` ${path}`}: ${why}` })),
    deployment: whole ? manifest.deployment : "",
    chain: whole ? (release?.record.chain ?? "") : "",
    asOf: whole ? manifest.preparedAt : null,
    fingerprint,
    records: whole && release !== null ? 1 : 0,
    checkpoints: whole && release !== null ? 1 : 0,
    generations: [],
    archived: [],
    manifest: null,
    proves: whole ? [...handedOverLines(followed), ...proofs(findings)] : [],
    doesNotProve: [
      ...(pinned || fingerprint === null ? [] : [`That the key is the deployment's: compare ${fingerprint} with a fingerprint that you got elsewhere, and verify again with it.`]),
      ...(pins.recipient !== undefined ? [] : ["That it was made for you: give your own age1… key, and it is compared."]),
      ...LIMITS,
    ],
    faults,
    packet: whole && release !== null ? { manifest, digest, releasedAt: release.record.timestamp_utc, signatures: findings.signatures } : null,
  };
}

function proofs({ pins, manifest, release, signatures }: PacketFindings): readonly string[] {
  if (manifest === null || release === null) return [];
  const { packet, study, sequence, recipient, files, deployment } = manifest;
  const signer = pins.fingerprint === undefined ? "The holder of the key that the packet names" : `The custodian of deployment ${deployment}`;
  return [
    `${signer} signed the manifest of packet ${packet}: sequence ${sequence} of study ${study}, for ${recipient.name} (${recipient.id}), sealed to ${recipient.key}.`,
    `Each of its ${files.length} files is, byte for byte, the listed one; none is missing, and nothing else is there.`,
    `Its release was approved, and is record ${release.record.seq} of chain ${release.record.chain} of ${release.record.timestamp_utc}, one of the ${release.size} that the checkpoint signs.`,
    ...signatures.map(
      ({ path, printedName, meaning, signedAt, standing }) =>
        `${printedName} signed ${path} (${meaning}) at ${signedAt}${standing === "proven" ? "" : standing === "attested" ? ", by a passkey that rests on the server's word" : ", by the word of the server alone"}.`,
    ),
  ];
}
