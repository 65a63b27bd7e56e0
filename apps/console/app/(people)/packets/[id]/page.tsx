import "../packets.css";
import type { Metadata } from "next";
import { notFound } from "next/navigation";
import { PacketPage } from "../../../../src/packets/packet-page.tsx";

/** The same for every packet: a title is kept in histories. */
export const metadata: Metadata = { title: "Packet" };

export default async function Page({ params }: { readonly params: Promise<{ readonly id: string }> }) {
  const { id } = await params;
  if (!/^pkt_[0-9a-hjkmnp-tv-z]{26}$/.test(id)) notFound();
  return <PacketPage packetId={id} />;
}
