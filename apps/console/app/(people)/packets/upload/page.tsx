import "../packets.css";
import type { Metadata } from "next";
import { UploadPage } from "../../../../src/upload/upload-page.tsx";

export const metadata: Metadata = { title: "Bring a packet in" };

export default function Page() {
  return <UploadPage />;
}
