import "../reviews.css";
import type { Metadata } from "next";
import { notFound } from "next/navigation";
import { ReviewPage } from "../../../../src/reviews/review-page.tsx";

export const metadata: Metadata = { title: "Review of access" };

export default async function Page({ params }: { readonly params: Promise<{ readonly id: string }> }) {
  const { id } = await params;
  if (!/^arv_[0-9a-hjkmnp-tv-z]{26}$/.test(id)) notFound();
  return <ReviewPage reviewId={id} />;
}
