import "./reviews.css";
import type { Metadata } from "next";
import { ReviewsPage } from "../../../src/reviews/reviews-page.tsx";

export const metadata: Metadata = { title: "Reviews" };

export default function Page() {
  return <ReviewsPage />;
}
