"use client";

import { useState } from "react";
import { useChange } from "../api/use-change.ts";
import { Button } from "../components/button.tsx";
import { Field } from "../components/field.tsx";
import { Lamp } from "../components/lamp.tsx";
import { Refusal } from "../components/refusal.tsx";
import { useSession } from "../frame/session-gate.tsx";

/** A code as its owner types it: eight consonants, a dash after the fourth. */
const spelled = (text: string): string => {
  const letters = text
    .toUpperCase()
    .replaceAll(/[^A-Z]/g, "")
    .slice(0, 8);
  return letters.length > 4 ? `${letters.slice(0, 4)}-${letters.slice(4)}` : letters;
};
const CODE = /^[BCDFGHJKLMNPQRSTVWXZ]{4}-[BCDFGHJKLMNPQRSTVWXZ]{4}$/;

/** Confirms a terminal that shows this code. The code is typed, never taken from a link: a link could be somebody else's. */
export function ConfirmTerminal() {
  const { facts } = useSession();
  const [code, setCode] = useState("");
  const [isTried, setTried] = useState(false);
  const [done, setDone] = useState<"approve" | "refuse" | null>(null);
  const confirm = useChange("me.confirmTerminal", { refreshes: ["me.overview"] });
  const decide = (verdict: "approve" | "refuse") => {
    setTried(true);
    if (CODE.test(code)) confirm.mutate({ userCode: code, verdict }, { onSuccess: () => setDone(verdict) });
  };
  if (done !== null) {
    return (
      <>
        <output className="outcome">
          <Lamp look={done === "approve" ? "lit" : "shut"} size={20} />
          {done === "approve"
            ? "The terminal is signed in as you. It is listed under Session and security, where you can end it."
            : "The terminal was refused. If you did not start one, nothing more is to do."}
        </output>
        <Button
          onPress={() => {
            setDone(null);
            setCode("");
            setTried(false);
            confirm.reset();
          }}
        >
          Confirm another
        </Button>
      </>
    );
  }
  return (
    <>
      <form
        className="form terminal-form panel"
        onSubmit={(event) => {
          event.preventDefault();
          decide("approve");
        }}
      >
        <Field
          label="Code on your terminal"
          value={code}
          onChange={(text) => setCode(spelled(text))}
          hint="Eight letters. If you started no terminal, and somebody asks you to type a code, refuse it."
          isCode
          autoComplete="off"
          maxLength={9}
          error={isTried && !CODE.test(code) ? "A code has eight consonants, such as BCDF-GHJK." : null}
        />
        <p className="quiet">
          It will act as <strong>{facts.printedName}</strong>.
        </p>
        {confirm.isError && <Refusal failure={confirm.error} isInline />}
        <div className="form-acts">
          <Button kind="danger" isPending={confirm.isPending && confirm.variables.verdict === "refuse"} onPress={() => decide("refuse")}>
            Refuse
          </Button>
          <Button type="submit" kind="primary" isPending={confirm.isPending && confirm.variables.verdict === "approve"}>
            Sign the terminal in
          </Button>
        </div>
      </form>
    </>
  );
}
