import { join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { enrolService, SallyportClientError } from "@sallyport/client";
import { readServiceCode } from "@sallyport/pki";
import { plainJson, plainText } from "@sallyport/errors";
import { type Command, optionText, report } from "../command.ts";
import { EXIT } from "../exit-code.ts";
import { readText } from "../read-text.ts";
import { UsageError } from "../usage-error.ts";

const EVERY_MS = 3000;
const WAIT_MS = 30 * 60_000;
const API_PORT = 3001;

/** `sallyport enrol`: a service's first certificate, on the machine that it runs on. */
export const enrol: Command = {
  usage: "enrol --code-file FILE --console URL [--api URL] [--out FOLDER]",
  help: [
    "Enrols a service with the one-time code that an administrator was shown, at the console's address. The key is made here and stays here,",
    "and so does the code: what is sent is a certificate request and a proof. While nobody has approved the service yet, it waits, half an",
    "hour at most. What it gets is written as a profile, for the client and for --as: below SALLYPORT_HOME/profiles, or in --out FOLDER.",
    "--api is where this machine reaches the api; port 3001 of the console's host where it isn't said. - reads the code from standard input.",
  ].join("\n"),
  options: { "code-file": { type: "string" }, console: { type: "string" }, api: { type: "string" }, out: { type: "string" } },
  takes: [0, 0],
  run: async (invocation) => {
    const { settings, io } = invocation;
    const [file, front] = [optionText(invocation, "code-file"), optionText(invocation, "console")];
    if (file === undefined || front === undefined || !URL.canParse(front)) throw new UsageError(`usage: sallyport ${enrol.usage}`);
    const text = await readText(invocation, file);
    const code = readServiceCode(text);
    if (code === null) throw new UsageError(`${file} holds no code: it begins with svc1.`);
    const out = optionText(invocation, "out");
    const folder = out === undefined ? join(settings.home, "profiles", code.service) : resolve(settings.workingDir, out);
    const api = optionText(invocation, "api") ?? `https://${new URL(front).hostname}:${API_PORT}`;
    const untilMs = Date.now() + WAIT_MS;
    let isTold = false;
    const waiting = async (): Promise<void> => {
      if (Date.now() > untilMs) throw new SallyportClientError("workload.code");
      if (!isTold) io.err("Waiting until another administrator has approved this service\n");
      isTold = true;
      await sleep(EVERY_MS);
    };
    const { service, workload, notAfter } = await enrolService({ code: text.trim(), console: front, api, folder, waiting });
    report(invocation, plainJson({ service, workload, notAfter, folder }), [
      `${plainText(service)} is enrolled as ${plainText(workload)}, until ${plainText(notAfter)}`,
      `  its profile is ${plainText(folder)}; the code is used up, and ${plainText(file)} can be removed`,
      "  renew it every few hours: sallyport renew --profile FOLDER",
    ]);
    return EXIT.done;
  },
};
