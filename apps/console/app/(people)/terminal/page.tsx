import type { Metadata } from "next";
import { ConfirmTerminal } from "../../../src/terminal/confirm-terminal.tsx";

export const metadata: Metadata = { title: "Confirm a terminal" };

export default function TerminalPage() {
  return <ConfirmTerminal />;
}
