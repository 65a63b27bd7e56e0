import { createHash } from "node:crypto";
import { once } from "node:events";
import { connect } from "node:tls";
import { UPLOAD_PART_BYTES } from "@sallyport/contracts";
import { clientOptions } from "@sallyport/pki";
import { processId } from "@sallyport/zones";
import type { PartPlace, Reply } from "./door-client.ts";
import { STUDY } from "./dataset.ts";
import { type Api, dataOf, type Deployment, type Who } from "./stack.ts";

/** What begin and progress answer, as the tests read it. */
export interface Standing {
  readonly packetId: string;
  readonly state: string;
  readonly files: readonly { readonly n: number; readonly bytes: number; readonly received: number }[];
}

export const sha256 = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");

/** The steps of an upload as one caller takes them. */
export class UploadSteps {
  readonly #api: Api;
  readonly #who: Who;
  readonly #token: string;

  constructor(at: Deployment, api: Api, who: Who = "ingest") {
    this.#api = api;
    this.#who = who;
    this.#token = at.forge(who);
  }

  async begin(...files: readonly Uint8Array[]): Promise<string> {
    const named = files.map(({ length }, at) => ({ name: `file-${at + 1}.json`, bytes: length }));
    return (dataOf(await this.#api.call(this.#who, "packets.begin", { study: STUDY, files: named })) as Standing).packetId;
  }

  part(place: PartPlace, bytes: Uint8Array): Promise<Reply> {
    return this.#api.client(this.#who).part(place, Buffer.from(bytes), this.#token);
  }

  async standing(packetId: string): Promise<Standing> {
    return dataOf(await this.#api.call(this.#who, "packets.progress", { packetId })) as Standing;
  }

  /** Sends what is missing of a file, from where the api says. */
  async send(packetId: string, file: number, bytes: Uint8Array, partBytes: number = UPLOAD_PART_BYTES): Promise<void> {
    const standing = await this.standing(packetId);
    let offset = standing.files[file - 1]?.received ?? 0;
    while (offset < bytes.length) offset = (dataOf(await this.part({ packetId, file, offset }, bytes.subarray(offset, offset + partBytes))) as { received: number }).received;
  }

  complete(packetId: string, files: readonly Uint8Array[], key?: string): Promise<Reply> {
    return this.#api.call(this.#who, "packets.complete", { packetId, files: files.map((bytes, at) => ({ n: at + 1, sha256: sha256(bytes) })) }, key);
  }
}

/** Sends the head of a part and the first `sent` bytes of its body, and breaks the connection; resolves when it is gone at the other end too. */
export async function cutPart(at: Deployment, api: Api, { packetId, file, offset }: PartPlace, bytes: Uint8Array, sent: number): Promise<void> {
  const socket = connect({ host: "127.0.0.1", port: api.port, ...clientOptions(at.identity("ingest"), processId(at.trustDomain, "api")), servername: "localhost" });
  socket.on("error", () => undefined);
  await once(socket, "secureConnect");
  const head = [
    `POST /upload/${packetId}/${file}/${offset} HTTP/1.1`,
    "host: localhost",
    `authorization: Bearer ${at.forge("ingest")}`,
    "content-type: application/octet-stream",
    `content-length: ${bytes.length}`,
  ];
  socket.write(`${head.join("\r\n")}\r\n\r\n`);
  if (sent > 0) await new Promise((resolve) => socket.write(bytes.subarray(0, sent), resolve));
  const gone = once(socket, "close");
  socket.destroy();
  await gone;
}

/** Sends a part's request byte for byte as it is given, and answers the status line. */
export async function rawPart(at: Deployment, api: Api, head: readonly string[], body: Uint8Array | string): Promise<string> {
  const socket = connect({ host: "127.0.0.1", port: api.port, ...clientOptions(at.identity("ingest"), processId(at.trustDomain, "api")), servername: "localhost" });
  socket.on("error", () => undefined);
  await once(socket, "secureConnect");
  const answer = new Promise<string>((resolve) => {
    let text = "";
    socket.on("data", (piece: Buffer) => {
      text += piece.toString("latin1");
      if (text.includes("\r\n\r\n")) resolve(text);
    });
    socket.on("close", () => resolve(text));
  });
  socket.write(`${[...head, "host: localhost", `authorization: Bearer ${at.forge("ingest")}`].join("\r\n")}\r\n\r\n`);
  socket.write(body);
  const text = await answer;
  socket.destroy();
  return text;
}
