import { createHash } from "node:crypto";
import {
  checkpointOrigin,
  checkpointText,
  cosign,
  encodeRecord,
  inclusionProof,
  leafHash,
  lineOf,
  merkleRoot,
  type NoteSigner,
  recordProofText,
  signNote,
  witnessKeyOf,
} from "@sallyport/audit";
import { type HeldKey, heldKey } from "@sallyport/audit/testing";
import { generateEd25519, newId, sha256Hex } from "@sallyport/crypto";
import { readAttestation, registrationOptions, relyingParty } from "@sallyport/passkey";
import { SoftwareAuthenticator } from "@sallyport/passkey/testing";
import { manifestDigest, receiptText, signatureManifest, signerKeyOf, signingAssertion, signatureNoteText } from "@sallyport/signature";
import { packPacket } from "../packet-container.ts";
import { packetDigest, packetManifest, type PacketFile, type PacketManifest } from "../packet-manifest.ts";
import { signPacketManifest } from "../packet-signature.ts";

const DEPLOYMENT = "dabcdefghijkl";
/** Of the X25519 identity in `vectors`: nobody's. */
export const RECIPIENT = "age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p";
export const OTHER_RECIPIENT = "age1lggyhqrw2nlhcxprm67z43rta597azn8gknawjehu9d9dl0jq3yqqvfafg";

export interface Made {
  readonly manifest: string;
  readonly signature: string;
  readonly release: string;
  readonly contents: ReadonlyMap<string, Buffer>;
  readonly files: readonly PacketFile[];
}

/** What may be said otherwise than it is. */
export interface Odds {
  readonly recipient?: string;
  readonly preparedAt?: string;
  readonly record?: Readonly<Record<string, string>>;
  readonly cosignedAt?: string;
  readonly reportBytes?: number;
  readonly files?: (files: readonly PacketFile[]) => readonly PacketFile[];
  readonly keys?: PacketKeys;
}

/** By which keys a packet is made, where it isn't the desk's own alone. */
export interface PacketKeys {
  readonly states?: HeldKey;
  /** The manifest's. */
  readonly handovers?: readonly string[];
  /** Of the proof of its release, with its own handovers. */
  readonly releases?: HeldKey;
  readonly releaseHandovers?: readonly string[];
  /** Of the receipt: what it names, and what the countersignature and the proof in it are by. */
  readonly receipt?: HeldKey;
}

/** How a signer says yes to a digest, with what verifies it. */
type Asserting = (digest: string) => { readonly assertion: string; readonly credentialId: string; readonly key: string };

/** A deployment's key, a signer and a witness, which make packets. */
export class PacketDesk {
  readonly key: HeldKey = heldKey(newId("key"), DEPLOYMENT);
  readonly witness: string;
  readonly #witness: NoteSigner;
  readonly #sign: Asserting;

  private constructor(sign: Asserting) {
    const witness = generateEd25519();
    this.#witness = { name: "witness.example", privateKey: witness.privateKey };
    this.witness = witnessKeyOf("witness.example", witness.raw);
    this.#sign = sign;
  }

  static async open(): Promise<PacketDesk> {
    const party = relyingParty("https://console.sallyport.example");
    const authenticator = new SoftwareAuthenticator(party, { algorithm: -8 });
    const asked = { party, challenge: Buffer.alloc(32), userHandle: "per", username: "zoe", printedName: "Zoë", exclude: [], timeoutMs: 1000 };
    const { response } = JSON.parse(authenticator.create(await registrationOptions(asked))) as { response: { attestationObject: string } };
    const { credentialId, publicKey } = readAttestation(party, response.attestationObject);
    return new PacketDesk((digest) => ({ assertion: signingAssertion(authenticator.assert(Buffer.from(digest, "hex"))), credentialId, key: signerKeyOf(publicKey) }));
  }

  /** A packet of one sequence: a backbone, three documents, of which one is signed, and its receipt. */
  make(odds: Odds = {}): Made {
    const contents = new Map<string, Buffer>([
      ["0001/index.xml", Buffer.from("<ectd/>")],
      ["0001/m1/us/cover.pdf", Buffer.from("%PDF-1.7 cover")],
      ["0001/m5/53-clin-stud-rep/report.pdf", Buffer.alloc(odds.reportBytes ?? 70_000, "report ")],
      ["0001/m5/empty-of-meaning.xml", Buffer.alloc(512, "x")],
    ]);
    const document = newId("doc");
    const signed = "0001/m5/53-clin-stud-rep/report.pdf";
    const report = contents.get(signed) ?? Buffer.alloc(0);
    const { signature, receipt } = this.#receipt({ document, version: 2, bytes: report.length, sha256: sha256Hex(report) }, odds.keys);
    contents.set(`evidence/${signature}.receipt.json`, Buffer.from(receipt));
    const files: readonly PacketFile[] = [...contents].map(([path, bytes]) => ({
      path,
      bytes: bytes.length,
      sha256: createHash("sha256").update(bytes).digest("hex"),
      document: path === signed ? document : null,
      version: path === signed ? 2 : null,
    }));
    return this.seal({ files: odds.files?.(files) ?? files, contents }, odds);
  }

  /** Signs and packs whatever it is given, as the custodian does. */
  seal(
    { files, contents }: Pick<Made, "files" | "contents">,
    { recipient = RECIPIENT, preparedAt = "2026-01-02T03:04:05.000Z", record = {}, cosignedAt, keys = {} }: Odds = {},
  ): Made {
    const { states = this.key, handovers = [], releases = states, releaseHandovers = handovers } = keys;
    const packet = newId("spk");
    const manifest = packetManifest({
      deployment: DEPLOYMENT,
      packet,
      submission: newId("sbm"),
      study: "CDISCPILOT01",
      sequence: "0001",
      recipient: { id: newId("rcp"), name: "An Agency", key: recipient },
      preparedAt,
      vkey: states.vkey,
      handovers,
      files: [...files],
    });
    const detail = `rule=r;approval=apr_0;kind=egress.release;packet=${packet};manifest=${packetDigest(manifest)};state=done`;
    const release = this.#proof(
      { action: "approval.decide", resource: "apr_0", chain: "system", site: "-", detail, ...record },
      { by: releases, handovers: releaseHandovers },
      cosignedAt,
    );
    return { manifest, signature: this.sign(manifest, states), release, contents, files: (JSON.parse(manifest) as PacketManifest).files };
  }

  /** Signs whatever text. */
  sign(text: string, by = this.key): string {
    return signPacketManifest(text, by.signer.privateKey);
  }

  #receipt(
    of: { readonly document: string; readonly version: number; readonly bytes: number; readonly sha256: string },
    keys: PacketKeys = {},
  ): { readonly signature: string; readonly receipt: string } {
    const { states = this.key, handovers = [], receipt: by = states } = keys;
    const signature = newId("sig");
    const person = newId("per");
    const manifest = signatureManifest({
      ...of,
      deployment: DEPLOYMENT,
      signature,
      study: "CDISCPILOT01",
      site: null,
      type: "ectd_sequence",
      mediaType: "application/pdf",
      author: newId("per"),
      person,
      printedName: "Zoë Łuczak",
      meaning: "approval",
      method: "passkey",
      accountability: "9".repeat(64),
      preparedAt: "2026-01-02T03:04:05.000Z",
      nonce: "erw_eT1vXDyvh5H37S0SWw",
      supersedes: null,
    });
    const digest = manifestDigest(manifest);
    const { assertion, credentialId, key } = this.#sign(digest);
    const said = { deployment: DEPLOYMENT, digest, person, credentialId, key, origin: "https://console.sallyport.example", basis: "invitation", standing: "proven" } as const;
    const note = signNote(signatureNoteText({ ...said, at: "2026-01-02T03:05:00.000Z" }), by.signer);
    const detail = `rule=r;signature=${signature};digest=${digest}`;
    const proof = this.#proof({ action: "submission.sign", resource: of.document, chain: "system", site: "-", detail }, { by, handovers });
    return { signature, receipt: receiptText({ manifest, assertion, note, proof, vkey: by.vkey, handovers }) };
  }

  #proof(
    said: { readonly action: string; readonly resource: string; readonly chain: string; readonly site: string; readonly detail: string },
    { by, handovers }: { readonly by: HeldKey; readonly handovers: readonly string[] },
    cosignedAt?: string,
  ): string {
    const draft = {
      principal: "prn_0",
      role: "regulatory_reviewer",
      workload: "spiffe://d/zone/edge/console",
      decision: "allow" as const,
      reason: "allowed",
      request_id: "req_0",
      policy: "v1:0",
      ...said,
    };
    const lines = [1, 2].map((seq) =>
      lineOf(encodeRecord(draft, { deployment: DEPLOYMENT, generation: 1, seq, timestampUtc: "2026-01-02T03:10:00.100Z", prevMac: "0".repeat(64) }), "a".repeat(64)),
    );
    const leaves = lines.map(leafHash);
    const text = checkpointText({ origin: checkpointOrigin(DEPLOYMENT, draft.chain, 1), size: 2, root: merkleRoot(leaves) });
    const note = `${signNote(text, by.signer)}${cosignedAt === undefined ? "" : cosign(text, this.#witness, Date.parse(cosignedAt) / 1000)}`;
    return recordProofText({ line: lines[1] ?? "", vkey: by.vkey, handovers, index: 1, hashes: inclusionProof(leaves, 1), note });
  }
}

/** The container of what was made. */
export async function packed({ signature, release, files, contents }: Made): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  const open = async function* (path: string): AsyncGenerator<Uint8Array> {
    yield contents.get(path) ?? Buffer.alloc(0);
  };
  for await (const piece of packPacket({ signature, release, files, open })) pieces.push(piece);
  return Buffer.concat(pieces);
}
