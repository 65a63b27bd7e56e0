import "./profiles.css";
import type { Metadata } from "next";
import { ProfilesPage } from "../../../src/profiles/profiles-page.tsx";

export const metadata: Metadata = { title: "Classification profiles" };

export default function Page() {
  return <ProfilesPage />;
}
