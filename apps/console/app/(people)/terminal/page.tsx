import type { Metadata } from "next";
import { Terminal } from "../../../src/terminal/terminal.tsx";

export const metadata: Metadata = { title: "Confirm a terminal" };

export default function TerminalPage() {
  return <Terminal />;
}
