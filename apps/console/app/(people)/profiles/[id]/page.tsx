import "../profiles.css";
import type { Metadata } from "next";
import { notFound } from "next/navigation";
import { ProfilePage } from "../../../../src/profiles/profile-page.tsx";

export const metadata: Metadata = { title: "Classification profile" };

export default async function Page({ params }: { readonly params: Promise<{ readonly id: string }> }) {
  const { id } = await params;
  if (!/^[a-z][a-z0-9-]{1,39}$/.test(id)) notFound();
  return <ProfilePage id={id} />;
}
