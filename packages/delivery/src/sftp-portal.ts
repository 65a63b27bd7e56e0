import { SallyportError } from "@sallyport/errors";
import { SftpServer } from "@sallyport/outbound/sftp";
import { type Asked, type Outcome, readReceipt, RECEIPT_BYTES_MAX, type RouteSettings, type Said, type Sealed, verdictOf } from "@sallyport/outbox";
import { asSealed, type Parcel, type Portal, type Word } from "./portal.ts";

/** One operation: a piece of a packet, or a look. */
const OPERATION_MS = 30_000;

/**
 * A portal that is a folder of an SFTP server, as docs/spec/delivery-v1.md says: a packet is written under a temporary name of its attempt's, and is there once it
 * is renamed; the receipt is left beside it.
 */
export function sftpPortal(settings: RouteSettings & { readonly kind: "sftp" }, key: Buffer): Portal {
  const { host, port, user, hostKey, folder } = settings;
  const packetOf = (idempotencyKey: string): string => `${folder}/${idempotencyKey}.age`;
  const temporaryOf = (idempotencyKey: string, attempt: number): string => `${folder}/${idempotencyKey}.${attempt}.part`;
  const connected = async <T>(work: (server: SftpServer) => Promise<T>): Promise<T> => {
    const server = await SftpServer.connect({ host, port, user, key, hostKey, deadlineMs: OPERATION_MS });
    try {
      return await work(server);
    } finally {
      server.close();
    }
  };
  const receiptOf = async (server: SftpServer, sealed: Sealed): Promise<Word<Said> | null> => {
    const bytes = await server.text(`${folder}/${sealed.idempotencyKey}.receipt.json`, RECEIPT_BYTES_MAX);
    const receipt = bytes === null ? null : readReceipt(bytes);
    return receipt === null ? null : { said: verdictOf(receipt, sealed), receipt: bytes };
  };
  /** What lies there already, of this attempt or an earlier one. */
  const standing = async (server: SftpServer, sealed: Sealed): Promise<Word<Said> | null> => {
    const word = await receiptOf(server, sealed);
    if (word !== null) return word;
    const lies = await server.look(packetOf(sealed.idempotencyKey));
    return lies === null ? null : { said: { kind: lies.kind === "file" && lies.bytes === sealed.length ? "pending" : "disagrees" }, receipt: null };
  };
  return {
    async deliver({ attempt, bytes, begin, deadlineMs, ...sealed }: Parcel): Promise<Word<Outcome>> {
      let hasBegun = false;
      let late: NodeJS.Timeout | undefined;
      try {
        return await connected(async (server) => {
          late = setTimeout(() => server.close(), deadlineMs);
          const known = await standing(server, sealed);
          if (known !== null) return known;
          const temporary = temporaryOf(sealed.idempotencyKey, attempt);
          await server.upload(temporary, {
            length: sealed.length,
            bytes: asSealed(bytes(), sealed.sha256),
            begin: async () => {
              await begin();
              hasBegun = true;
            },
          });
          await server.rename(temporary, packetOf(sealed.idempotencyKey));
          return (await receiptOf(server, sealed).catch(() => null)) ?? { said: { kind: "sent" }, receipt: null };
        });
      } catch (error) {
        return { said: { kind: hasBegun ? "in-doubt" : "unsent", failure: failureOf(error) }, receipt: null };
      } finally {
        clearTimeout(late);
      }
    },

    async ask({ attempt, ...sealed }): Promise<Word<Asked>> {
      try {
        return await connected(async (server) => {
          const known = await standing(server, sealed);
          if (known !== null) return known;
          // Who takes the temporary file away has seen to it that it is never renamed: nothing of that attempt arrives any more.
          const temporary = temporaryOf(sealed.idempotencyKey, attempt);
          if ((await server.look(temporary)) === null) return { said: { kind: "unknown", failure: "nothing_there" }, receipt: null };
          await server.rename(temporary, `${temporary}.given-up`);
          await server.remove(`${temporary}.given-up`).catch(() => undefined);
          return { said: { kind: "not-received" }, receipt: null };
        });
      } catch (error) {
        return { said: { kind: "unknown", failure: failureOf(error) }, receipt: null };
      }
    },

    async health(): Promise<string | null> {
      try {
        return await connected(async (server) => ((await server.look(folder))?.kind === "folder" ? null : "no_folder"));
      } catch (error) {
        return failureOf(error);
      }
    },
  };
}

const failureOf = (error: unknown): string => (error instanceof SallyportError ? error.code : "broken_off");
