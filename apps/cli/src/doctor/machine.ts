import { statfs } from "node:fs/promises";
import { error, type Finding, ok, warning } from "./finding.ts";

const GIB = 1024 ** 3;
const FREE_BYTES_MIN = GIB / 4;
const FREE_BYTES_LOW = 2 * GIB;

/** Whether this Node.js is one that Sallyport runs on, and is still maintained. */
export function checkNode(version: string): Finding {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  if (major < 20 || (major === 20 && minor < 19)) return error("node", `Node.js ${version} is too old`, "install Node.js 20.19 or newer");
  if (major < 22) return warning("node", `Node.js ${version} gets no more security fixes`, "use Node.js 24");
  return ok("node", `Node.js ${version}`);
}

/** Whether the volume of the home has room. */
export async function checkDisk(home: string): Promise<Finding> {
  const { bavail, bsize } = await statfs(home);
  const free = bavail * bsize;
  const message = `${(free / GIB).toFixed(1)} GiB are free under ${home}`;
  if (free < FREE_BYTES_MIN) return error("disk", message, "make room: a full disk stops every act");
  return free < FREE_BYTES_LOW ? warning("disk", message, "make room soon") : ok("disk", message);
}

/** Fields are encrypted by Sallyport; whether the volume is, too, can't be told from here on any system without more rights. */
export const checkVolume = (home: string): Finding =>
  warning("volume", `it is unknown whether the volume of ${home} is encrypted`, "keep it on an encrypted volume; site, dates of records and sizes are not encrypted by Sallyport");
