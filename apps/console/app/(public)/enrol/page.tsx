import type { Metadata } from "next";
import { Enrol } from "../../../src/enrol/enrol.tsx";

export const metadata: Metadata = { title: "Enrol" };

/** What the link is for stands in its fragment, which never reaches a server. */
export default function EnrolPage() {
  return <Enrol />;
}
