import "./verify.css";
import type { Metadata } from "next";
import { VerifyPage } from "../../../src/verify/verify-page.tsx";

export const metadata: Metadata = { title: "Check an export" };

/** Anybody may check an export here: it is read in their own browser, and needs no right. */
export default function Page() {
  return <VerifyPage />;
}
