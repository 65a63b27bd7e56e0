import "./crossings.css";
import type { Metadata } from "next";
import { CrossingsPage } from "../../../src/crossings/crossings-page.tsx";

export const metadata: Metadata = { title: "Crossings" };

export default function Page() {
  return <CrossingsPage />;
}
