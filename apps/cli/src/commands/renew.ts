import { resolve } from "node:path";
import { renewService } from "@sallyport/client";
import { plainJson, plainText } from "@sallyport/errors";
import { type Command, optionText, report } from "../command.ts";
import { EXIT } from "../exit-code.ts";
import { profileFolder } from "../profile.ts";
import { UsageError } from "../usage-error.ts";

/** `sallyport renew`: the next certificate of a service that enrolled by a code. */
export const renew: Command = {
  usage: "renew [--as PROFILE | --profile FOLDER] [--now]",
  help: [
    "Renews a service's certificate with a new key, once two thirds of its life are over, or at once with --now. Run it every few hours: where",
    "it isn't due, nothing happens. A service whose certificate has ended enrols anew, with another code. Profiles of the machine that Sallyport",
    "itself runs on are renewed by its supervisor.",
  ].join("\n"),
  options: { profile: { type: "string" }, now: { type: "boolean" } },
  takes: [0, 0],
  run: async (invocation) => {
    const { profile, settings, options } = invocation;
    const named = optionText(invocation, "profile");
    if ((profile === undefined) === (named === undefined)) throw new UsageError(`usage: sallyport ${renew.usage}`);
    const folder = named === undefined ? profileFolder(settings.home, profile ?? "") : resolve(settings.workingDir, named);
    const renewed = await renewService({ profile: folder, isDue: options["now"] === true });
    report(invocation, plainJson({ renewed: renewed !== null, ...renewed }), [
      renewed === null ? "nothing to renew yet" : `${plainText(renewed.service)} is renewed, until ${plainText(renewed.notAfter)}`,
    ]);
    return EXIT.done;
  },
};
