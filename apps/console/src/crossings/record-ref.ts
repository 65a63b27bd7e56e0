/** Where a record stands on the trail. */
export interface RecordRef {
  readonly chain: string;
  readonly generation: number;
  readonly seq: number;
}

/** `chain~generation~seq`: what a link to a record holds. No chain's name has a tilde. */
export const writeRef = ({ chain, generation, seq }: RecordRef): string => `${chain}~${generation}~${seq}`;

/** Reads {@link writeRef}'s text; null for anything else. */
export function readRef(text: string | null): RecordRef | null {
  const match = /^(system|site:[A-Za-z0-9][A-Za-z0-9_.-]{0,39}\/[A-Za-z0-9][A-Za-z0-9_.-]{0,19})~([1-9]\d{0,15})~([1-9]\d{0,15})$/.exec(text ?? "");
  const [, chain, generation, seq] = match ?? [];
  return chain === undefined ? null : { chain, generation: Number(generation), seq: Number(seq) };
}
