import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";

/** A line to a server that breaks after so many bytes from it, and is dead from then on. */
export async function cutLine(port: number, bytes: number): Promise<{ readonly port: number; readonly close: () => void }> {
  let left = bytes;
  const sockets = new Set<Socket>();
  const line = createServer((near) => {
    if (left <= 0) {
      near.destroy();
      return;
    }
    const far = connect(port, "127.0.0.1");
    for (const socket of [near, far]) {
      sockets.add(socket);
      socket.on("error", () => undefined).on("close", () => [near, far].forEach((each) => each.destroy()));
    }
    near.pipe(far);
    far.on("data", (chunk: Buffer) => {
      left -= chunk.length;
      if (left > 0) near.write(chunk);
      else [near, far].forEach((each) => each.destroy());
    });
  });
  line.listen(0, "127.0.0.1");
  await once(line, "listening");
  return {
    port: (line.address() as AddressInfo).port,
    close: () => {
      for (const socket of sockets) socket.destroy();
      line.close();
    },
  };
}
