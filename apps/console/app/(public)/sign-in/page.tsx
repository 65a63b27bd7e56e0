import type { Metadata } from "next";
import { SignIn } from "../../../src/sign-in/sign-in.tsx";

export const metadata: Metadata = { title: "Sign in" };

const one = (value: string | string[] | undefined): string | null => (typeof value === "string" ? value : null);

/** `why` says how the last session ended, `to` where to go on; both only choose among texts and paths of ours. */
export default async function SignInPage({ searchParams }: { readonly searchParams: Promise<Record<string, string | string[] | undefined>> }) {
  const { why, to } = await searchParams;
  return <SignIn why={one(why)} to={one(to)} />;
}
