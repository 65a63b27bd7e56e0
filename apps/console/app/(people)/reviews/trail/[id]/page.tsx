import "../../reviews.css";
import type { Metadata } from "next";
import { notFound } from "next/navigation";
import { TrailReviewPage } from "../../../../../src/trail-reviews/trail-review-page.tsx";

export const metadata: Metadata = { title: "Review of the trail" };

export default async function Page({ params }: { readonly params: Promise<{ readonly id: string }> }) {
  const { id } = await params;
  if (!/^atr_[0-9a-hjkmnp-tv-z]{26}$/.test(id)) notFound();
  return <TrailReviewPage reviewId={id} />;
}
