import { pdfOf } from "@sallyport/testkit";
import type { Browser } from "playwright-core";
import type { ConsolePerson } from "./console-person.ts";
import { founders } from "./founders.ts";
import { releaseDemographics } from "./gate-people.ts";
import { inventedEvents, publishedEvents } from "./adverse-events.ts";
import { askToInvite, invited, joined } from "./invitation.ts";
import { bringIn, decide, openWaiting } from "./packet-pages.ts";
import { identify } from "./people-pages.ts";
import { PILOT, pilotDemographics, withCells } from "./pilot-study.ts";
import { beginSubmission, registerRecipient } from "./submission-looks.ts";
import { printedPdf } from "./printed-pdf.ts";
import type { Product } from "./product.ts";
import { releasedSequence } from "./released-sequence.ts";

/** Who is there in a deployment that has been worked with for a little while, each signed in at a browser of their own. */
export interface Populated {
  /** The two founding administrators. */
  readonly alma: ConsolePerson;
  readonly boris: ConsolePerson;
  /** Reviews the pilot study. */
  readonly clara: ConsolePerson;
  /** Keeps the consent and the site of the pilot study's subjects. */
  readonly rosa: ConsolePerson;
  /** Audits everything. */
  readonly dora: ConsolePerson;
  /** Brings packets of the pilot study in. */
  readonly cora: ConsolePerson;
  /** Releases them. */
  readonly stan: ConsolePerson;
  /** Assembles and submits sequences of the pilot study. */
  readonly nora: ConsolePerson;
  /** A link that nobody has used. */
  readonly openLink: string;
  /** A subject that has had an adverse event: not every one has. */
  readonly affected: string;
}

/** Founds a deployment; invites two reviewers, an auditor, and who brings packets in and releases them. */
async function founded(product: Product, browser: Browser): Promise<Omit<Populated, "affected">> {
  const { alma, boris } = await founders(browser, product);
  const admins = [boris, alma] as const;
  const clara = await joined(browser, admins, { username: "clara", printedName: "Clara Ode" }, "clinical_reviewer", PILOT);
  const rosa = await joined(browser, admins, { username: "rosa", printedName: "Rosa Imhof" }, "regulatory_reviewer", PILOT);
  const dora = await joined(browser, admins, { username: "dora", printedName: "Dora Vance" }, "auditor", "*");
  const cora = await joined(browser, admins, { username: "cora", printedName: "Cora Lund" }, "site_coordinator", PILOT);
  const stan = await joined(browser, admins, { username: "stan", printedName: "Stan Oro" }, "data_steward", PILOT);
  const nora = await joined(browser, admins, { username: "nora", printedName: "Nora Beck" }, "regulatory_coordinator", PILOT);
  await identify(boris, "Rosa Imhof");
  const openLink = await invited(admins, { username: "emil", printedName: "Emil Sund" }, "clinical_reviewer", PILOT);
  return { alma, boris, clara, rosa, dora, cora, stan, nora, openLink };
}

/** Adverse events and a sequence that are released, a packet that is rejected, and one that waits and corrects what is stored. */
async function packets({ cora, stan }: Pick<Populated, "cora" | "stan">): Promise<void> {
  const data = pilotDemographics();
  const events = publishedEvents() ?? inventedEvents(data.column("USUBJID"), 3);
  const reason = "checked against the source documents";
  const cover = '<?xml version="1.0" encoding="UTF-8"?>\n<ectd>\n  <leaf>Module 1, cover letter</leaf>\n</ectd>\n';
  await bringIn(cora, [
    { name: "AE.json", text: events },
    { name: "cover.xml", text: cover, document: { type: "eCTD sequence", place: "Site 701" } },
  ]);
  await openWaiting(stan, "AE");
  await decide(stan, "Release", reason);
  await bringIn(cora, [{ name: "DM.json", text: data.text }]);
  await openWaiting(stan, "DM");
  await decide(stan, "Reject", reason);
  const corrected = withCells(data.text, (row, variable, value) => (row % 40 === 3 && variable === "AGE" ? Number(value) + 1 : row % 60 === 3 && variable === "DMDY" ? 1 : value));
  await bringIn(cora, [
    { name: "DM.json", text: corrected },
    { name: "AE.json", text: events },
    { name: "letter.pdf", text: pdfOf(["<< /S /JavaScript /JS (1) >>"]), document: { type: "IRB correspondence", place: "Site 701" } },
  ]);
}

/** Twelve reveals by a service, of which half are refused: no rule lets it see the treatment. */
async function reveals(product: Product): Promise<void> {
  const reviewer = product.connect("reviewer");
  try {
    const { items } = await reviewer.api.subjects.list.query({ study: PILOT, limit: 6 });
    for (const { subjectId } of items) {
      for (const field of ["DM.SEX", "DM.ARM"])
        await reviewer.api.subjects.reveal.mutate({ subjectId, field, purpose: "monitoring", reason: "source data verification" }).catch(() => undefined);
    }
  } finally {
    await reviewer.close();
  }
}

async function affectedSubject(product: Product): Promise<string> {
  const reviewer = product.connect("reviewer");
  try {
    const { items } = await reviewer.api.subjects.list.query({ study: PILOT, limit: 500 });
    for (const { subjectId } of items) {
      const { domains } = await reviewer.api.subjects.get.query({ subjectId });
      if (domains.some(({ domain }) => domain === "AE")) return subjectId;
    }
    throw new Error("nobody has had an adverse event");
  } finally {
    await reviewer.close();
  }
}

/** A founded deployment with the pilot's demographics and adverse events released, packets that wait and were decided, a request that waits, and denials. */
export async function populated(product: Product, browser: Browser): Promise<Populated> {
  const people = await founded(product, browser);
  const packetId = await releaseDemographics(product);
  await product.cli(["--as", "ingest", "release", packetId, "--reason", "I brought it, I release it"]);
  await reveals(product);
  await packets(people);
  await registerRecipient(people.boris, people.alma);
  await beginSubmission(people.nora);
  await releasedSequence(product, "report.pdf", printedPdf(["Clinical study report", "1 Synopsis", "2 Objectives"]));
  await askToInvite(people.boris, { username: "fay", printedName: "Fay Okoro" }, /^auditor/, "Everywhere");
  return { ...people, affected: await affectedSubject(product) };
}
