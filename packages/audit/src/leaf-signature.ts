import type { KeyObject } from "node:crypto";
import { signEd25519, signEd25519Elsewhere, verifyEd25519 } from "@sallyport/crypto";

/** Where a leaf stands, and its hash in lower-case hex. */
export interface LeafPlace {
  readonly deployment: string;
  readonly chain: string;
  readonly generation: number;
  readonly seq: number;
  readonly leaf: string;
}

/**
 * The text over which a leaf is signed for a bundle: it names the place, so a signature fits no other record, position, chain or
 * deployment, and it begins as no note text of ours does (docs/spec/bundle-v1.md, section 4).
 */
export const leafSignatureText = ({ deployment, chain, generation, seq, leaf }: LeafPlace): string =>
  `sallyport-leaf-v1\n${deployment}\n${chain}\n${generation}\n${seq}\n${leaf}\n`;

/** Signs a leaf with the checkpoint key; base64. */
export const signLeaf = (place: LeafPlace, privateKey: KeyObject): string => signEd25519(privateKey, leafSignatureText(place)).toString("base64");

/** As {@link signLeaf}, off the caller's thread. */
export const signLeafElsewhere = async (place: LeafPlace, privateKey: KeyObject): Promise<string> =>
  (await signEd25519Elsewhere(privateKey, leafSignatureText(place))).toString("base64");

/** Whether a leaf's signature (base64) is by one of these keys and for this place. */
export const verifyLeaf = (place: LeafPlace, signature: string, publicKeys: readonly KeyObject[]): boolean =>
  publicKeys.some((publicKey) => verifyEd25519(publicKey, leafSignatureText(place), Buffer.from(signature, "base64")));
