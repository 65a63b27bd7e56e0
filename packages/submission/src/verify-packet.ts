import { type BundleVerdict, checkpointKeyName, isKeyAmong, isPinOf, type KnownKey, knownKey, parseVkey, provenAt, type ProvenRecord, verifyRecordProof } from "@sallyport/audit";
import { codeOf } from "@sallyport/errors";
import { verifyReceipt } from "@sallyport/signature";
import { PacketBroken, type PacketFault, type PacketRules, strictPacketRules } from "./packet-fault.ts";
import { filesFault, packetDigest, type PacketFile, type PacketManifest, readManifestForm, receiptPath } from "./packet-manifest.ts";
import type { FoundFile, PacketReader } from "./packet-reader.ts";
import { openPacketSignature, unprovenPayload } from "./packet-signature.ts";
import { packetVerdict } from "./packet-verdict.ts";

/** What a verifier knows from elsewhere. Whatever isn't given isn't compared, and the verdict says so. */
export interface PacketPins {
  /** Of the deployment's key, or of an earlier one from which the packet has handovers. */
  readonly fingerprint?: string;
  /** Until when that key was in force; ISO time. A packet by a key that isn't any more needs a witness's word that it is older. */
  readonly until?: string;
  /** Verifier key of a witness of the trail, which has to have cosigned the checkpoint that the release is under. */
  readonly witness?: string;
  /** The verifier's own `age1…`. */
  readonly recipient?: string;
}

/** A signature on a document of the packet, as its receipt proves it. */
export interface PacketSignature {
  readonly path: string;
  readonly printedName: string;
  readonly meaning: string;
  readonly signedAt: string;
  readonly standing: "proven" | "attested" | null;
}

export interface PacketVerdict extends BundleVerdict {
  readonly faults: readonly PacketFault[];
  /** Null where nothing of it is to be believed. */
  readonly packet: { readonly manifest: PacketManifest; readonly digest: string; readonly releasedAt: string; readonly signatures: readonly PacketSignature[] } | null;
}

/** What verifying comes to, before it is put into words. */
export interface PacketFindings {
  readonly pins: PacketPins;
  /** That the manifest names; null where it names none. */
  readonly key: KnownKey | null;
  readonly faults: readonly PacketFault[];
  readonly manifest: PacketManifest | null;
  readonly digest: string;
  readonly release: ProvenRecord | null;
  readonly signatures: readonly PacketSignature[];
}

/**
 * Verifies a packet that its recipient opened, offline and with public keys alone: who signed its manifest and for whom, every file, nothing
 * more and nothing less, the signatures on its documents, and that its release by two people is on record (docs/spec/sealed-packet-v1.md, section 6).
 */
export async function verifyPacket(reader: PacketReader, pins: PacketPins = {}, rules: PacketRules = strictPacketRules): Promise<PacketVerdict> {
  const run = new Verification(pins, rules);
  try {
    await run.over(reader);
  } catch (error) {
    if (!(error instanceof PacketBroken)) throw error;
    run.faults.push(error.fault);
  }
  return packetVerdict(run);
}

class Verification implements PacketFindings {
  readonly pins: PacketPins;
  readonly #rules: PacketRules;
  readonly faults: PacketFault[] = [];
  readonly signatures: PacketSignature[] = [];
  key: KnownKey | null = null;
  manifest: PacketManifest | null = null;
  digest = "";
  release: ProvenRecord | null = null;

  constructor(pins: PacketPins, rules: PacketRules) {
    this.pins = pins;
    this.#rules = rules;
  }

  async over(reader: PacketReader): Promise<void> {
    const rules = this.#rules;
    const manifest = this.#opened(await reader.signature(rules));
    this.manifest = manifest;
    this.#assertRecipient(manifest);
    this.#released(manifest, await reader.release(rules));
    const receipts: (readonly [PacketFile, string | null])[] = [];
    await reader.files(manifest.files, rules, {
      fault: (fault) => this.faults.push(fault),
      found: (file, { sha256, text }: FoundFile) => {
        if (rules.content && sha256 !== file.sha256) this.faults.push({ kind: "altered", path: file.path, why: "its bytes aren't the listed ones" });
        if (file.path.startsWith("evidence/")) receipts.push([file, text]);
      },
    });
    for (const [file, text] of receipts) this.#receipt(manifest, file, text);
  }

  /** The manifest, under the key that it names, which has to be the one that was given. */
  #opened(jws: string): PacketManifest {
    const signed = jws.endsWith("\n") ? jws.slice(0, -1) : jws;
    const said = unprovenPayload(signed);
    const manifest = said === null ? null : readManifestForm(said);
    if (said === null || manifest === null) throw new PacketBroken("signature", "it holds no manifest");
    const key = keyOf(manifest);
    this.key = key;
    if (this.#rules.key && !isPinOf(this.pins.fingerprint, key)) throw new PacketBroken("key", "another key than the one that was given");
    if (this.#rules.signature && !isSigned(signed, manifest.vkey, said)) throw new PacketBroken("signature", "the manifest isn't signed by the key that it names");
    const fault = filesFault(manifest.files, manifest.sequence);
    if (this.#rules.names && fault !== null) throw new PacketBroken("path", fault);
    this.digest = packetDigest(said);
    return manifest;
  }

  #assertRecipient({ recipient }: PacketManifest): void {
    const { recipient: own } = this.pins;
    if (this.#rules.recipient && own !== undefined && own !== recipient.key) throw new PacketBroken("recipient", `it was made for ${recipient.name}, whose key is another one`);
  }

  /** Two people released this very manifest, and the trail has it; by a key that isn't in force any more, before it wasn't. */
  #released({ deployment, packet, preparedAt }: PacketManifest, proof: string): void {
    const { until, witness } = this.pins;
    const fault = (kind: "release" | "key", why: string): void => void this.faults.push({ kind, path: "release.proof", why });
    if (!this.#rules.release) return;
    try {
      const proven = verifyRecordProof(proof);
      // A packet that was prepared before a turn may be released after it; by a key before the manifest's it can't have been.
      if (!isKeyAmong(this.key?.fingerprint ?? "", proven.behind)) return fault("release", "it is under another key than the manifest's, or one that this handed over to");
      const details = proven.record.detail.split(";");
      const isOfThis = [`packet=${packet}`, `manifest=${this.digest}`, "kind=egress.release", "state=done"].every((said) => details.includes(said));
      if (!isOfThis || proven.record.deployment !== deployment || proven.record.action !== "approval.decide" || proven.record.decision !== "allow")
        return fault("release", "the record is another one's");
      this.release = proven;
    } catch (error) {
      if (codeOf(error) !== "note.invalid" && codeOf(error) !== "trail.unreadable") throw error;
      return fault("release", "it doesn't prove that the release is on record");
    }
    if (!this.#rules.key) return;
    const seenMs = witness === undefined ? null : provenAt(proof, witness);
    if (witness !== undefined && seenMs === null) return fault("key", "the witness that was given didn't cosign the checkpoint of its release");
    if (until === undefined) return;
    const endMs = Date.parse(until);
    if (Date.parse(preparedAt) >= endMs || Date.parse(this.release.record.timestamp_utc) >= endMs)
      return fault("key", `it was made after ${until}, when the key wasn't in force any more`);
    if (seenMs === null || seenMs >= endMs) fault("key", `no witness that was given saw it before ${until}: whoever has the key since can have made it`);
  }

  /** A receipt holds under the same key, or one behind it, and is of bytes that are in this packet. */
  #receipt(manifest: PacketManifest, { path }: PacketFile, text: string | null): void {
    const verdict = text === null ? null : verifyReceipt(text);
    const isOurs = isKeyAmong(verdict?.fingerprint ?? "", this.key?.behind ?? []);
    const signed = verdict?.whole === true && isOurs ? verdict.signature : null;
    const of = signed?.manifest;
    const file = manifest.files.find(
      ({ document, version, sha256, bytes }) => document === of?.document && version === of?.version && sha256 === of?.sha256 && bytes === of?.bytes,
    );
    const isNamed = of !== undefined && path === receiptPath({ id: of.signature });
    if (this.#rules.receipts && (signed === null || of === undefined || file === undefined || !isNamed)) {
      this.faults.push({
        kind: "receipt",
        path,
        why: signed !== null ? "it is of no document that is here" : (verdict?.breaks[0]?.why ?? "it is no receipt by the manifest's key, or one behind it"),
      });
      return;
    }
    if (signed === null || of === undefined || file === undefined) return;
    this.signatures.push({ path: file.path, printedName: of.printedName, meaning: of.meaning, signedAt: signed.signedAt, standing: signed.standing });
  }
}

function keyOf({ vkey, handovers = [], deployment }: PacketManifest): KnownKey {
  try {
    if (parseVkey(vkey).name !== checkpointKeyName(deployment)) throw new PacketBroken("signature", "it names another deployment's key");
    return knownKey({ vkey, handovers });
  } catch (error) {
    if (codeOf(error) === "note.invalid") throw new PacketBroken("signature", "it names no key, or a handover that isn't signed by both of its keys");
    throw error;
  }
}

function isSigned(jws: string, vkey: string, text: string): boolean {
  try {
    return openPacketSignature(jws, vkey) === text;
  } catch (error) {
    if (codeOf(error)?.startsWith("token.") === true) return false;
    throw error;
  }
}
