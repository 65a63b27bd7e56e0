import type { Metadata } from "next";
import { ProviderReturn } from "../../../../src/sign-in/provider-return.tsx";

export const metadata: Metadata = { title: "Sign in" };

/** Where the external provider sends browsers back to. What it says is read, and wiped from the address, in the browser. */
export default function ProviderReturnPage() {
  return <ProviderReturn />;
}
