import "../../roles.css";
import type { Metadata } from "next";
import { notFound } from "next/navigation";
import { ProposalPage } from "../../../../../src/roles/proposal-page.tsx";
import { proposalIn } from "../../../../../src/roles/proposal-text.ts";

export const metadata: Metadata = { title: "Proposal of a policy" };

export default async function Page({ params }: { readonly params: Promise<{ readonly id: string }> }) {
  const proposalId = proposalIn((await params).id);
  if (proposalId === null) notFound();
  return <ProposalPage proposalId={proposalId} />;
}
