import { randomBytes } from "node:crypto";
import { writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { type AddressInfo, createServer as createLineServer, type Server } from "node:net";
import { join } from "node:path";

/** What somebody outside was sent. */
interface Told {
  readonly place: "webhook" | "mail";
  readonly text: string;
}

/** Receivers of alerts that keep all that they get, word for word, and the file that makes them the product's. */
export interface Receivers {
  readonly settings: Readonly<Record<string, string>>;
  readonly told: readonly Told[];
  close(): void;
}

const portOf = async (server: Server): Promise<number> => {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return (server.address() as AddressInfo).port;
};

/** A mail server that takes everything from everybody (RFC 5321): a line, an answer; and what comes between DATA and the dot. */
function mailServer(taken: (text: string) => void): Server {
  return createLineServer((socket) => {
    let isData = false;
    let text = "";
    let rest = "";
    const say = (line: string): void => void socket.write(`${line}\r\n`);
    const takeLine = (line: string): void => {
      if (isData && line === ".") {
        isData = false;
        taken(text);
        text = "";
        say("250 taken");
      } else if (isData) text += `${line}\n`;
      else if (/^DATA$/i.test(line)) {
        isData = true;
        say("354 go on");
      } else if (/^QUIT$/i.test(line)) {
        say("221 bye");
        socket.end();
      } else {
        // The envelope is something that was sent, too.
        text += `${line}\n`;
        say("250 ok");
      }
    };
    socket.setEncoding("utf8").on("error", () => undefined);
    socket.on("data", (piece) => {
      const lines = `${rest}${String(piece)}`.split("\r\n");
      rest = lines.pop() ?? "";
      lines.forEach(takeLine);
    });
    say("220 receiver");
  });
}

/** Starts a receiver of webhooks and one of mail, for everything that is told and for people at addresses of their own. */
export async function startReceivers(folder: string): Promise<Receivers> {
  const told: Told[] = [];
  const hooks = createServer((request, response) => {
    let body = "";
    request.setEncoding("utf8").on("data", (piece: string) => (body += piece));
    request.once("end", () => {
      told.push({ place: "webhook", text: `${request.url ?? ""}\n${JSON.stringify(request.headers)}\n${body}` });
      response.writeHead(204).end();
    });
  });
  const mails = mailServer((text) => told.push({ place: "mail", text }));
  const [hookPort, mailPort] = [await portOf(hooks), await portOf(mails)];
  const secret = join(folder, "told.whsec");
  writeFileSync(secret, `whsec_${randomBytes(32).toString("base64")}\n`, { mode: 0o600 });
  const file = join(folder, "told.json");
  const mail = { name: "duty", host: "localhost", port: mailPort, tls: "none", from: "sallyport@site.example", to: ["duty@site.example"], people: true };
  writeFileSync(file, JSON.stringify({ webhooks: [{ name: "soc", url: `http://127.0.0.1:${hookPort}/hook`, secretFiles: [secret] }], mail: [mail] }));
  return {
    settings: { SALLYPORT_ALERTS_FILE: file },
    told,
    close() {
      hooks.close();
      mails.close();
    },
  };
}
