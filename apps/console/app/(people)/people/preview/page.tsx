import type { Metadata } from "next";
import { PreviewPage } from "../../../../src/preview/preview-page.tsx";

export const metadata: Metadata = { title: "Preview of rights" };

export default function Page() {
  return <PreviewPage />;
}
