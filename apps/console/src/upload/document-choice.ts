import type { InputOf } from "../api/procedures.ts";

/** What the api is told of a file that is no dataset. */
export type DeclaredDocument = NonNullable<InputOf<"packets.begin">["files"][number]["document"]>;

/** Stands for every site of a study where a site is chosen; no site has such a name. */
export const WHOLE = "*";

/** A file that was chosen: a dataset, or a document of which a person says what it is and where it belongs. */
export interface ChosenFile<Local = File> {
  readonly file: Local;
  readonly isDocument: boolean;
  /** Empty until it is chosen. */
  readonly type: DeclaredDocument["type"] | "";
  readonly site: string;
}

const HEAD_BYTES = 64;

/** Whether a file's name is a document's, as what it is taken for until it was looked at. */
export const isNamedDocument = ({ name }: { readonly name: string }): boolean => /\.(?:pdf|xml|zip)$/i.test(name);

/** Whether a file is a document by how it begins: a PDF, an archive, or XML. Everything else goes as a dataset. The api reads all of it. */
export async function beginsAsDocument(file: { slice(from: number, to: number): { arrayBuffer(): Promise<ArrayBuffer> } }): Promise<boolean> {
  const head = new TextDecoder().decode(await file.slice(0, HEAD_BYTES).arrayBuffer());
  return head.startsWith("%PDF-") || head.startsWith("PK\u0003\u0004") || head.trimStart().startsWith("<");
}

/** Why documents can't be sent as they are chosen, in words; null where they can. */
export function whatIsMissing(chosen: readonly Pick<ChosenFile, "isDocument" | "type" | "site">[]): string | null {
  const untyped = chosen.findIndex(({ isDocument: is, type }) => is && type === "");
  if (untyped >= 0) return `File ${untyped + 1} is a document: choose what it is.`;
  const unplaced = chosen.findIndex(({ isDocument: is, site }) => is && site === "");
  return unplaced >= 0 ? `File ${unplaced + 1} is a document: choose where it belongs.` : null;
}

/** What the api is told of a chosen file; null of a dataset. */
export const declaredOf = ({ isDocument: is, type, site }: Pick<ChosenFile, "isDocument" | "type" | "site">): DeclaredDocument | null =>
  is && type !== "" ? { type, site: site === WHOLE ? null : site } : null;
