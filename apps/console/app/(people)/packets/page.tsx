import "./packets.css";
import type { Metadata } from "next";
import { PacketsPage } from "../../../src/packets/packets-page.tsx";

export const metadata: Metadata = { title: "Packets" };

export default function Page() {
  return <PacketsPage />;
}
