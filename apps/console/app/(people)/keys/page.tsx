import "./keys.css";
import type { Metadata } from "next";
import { KeysPage } from "../../../src/keys/keys-page.tsx";

export const metadata: Metadata = { title: "Keys" };

export default function Page() {
  return <KeysPage />;
}
