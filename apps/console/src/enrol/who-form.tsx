"use client";

import type { OpenEnrolmentOutput } from "@sallyport/contracts";
import { useState } from "react";
import { Button } from "../components/button.tsx";
import { Field } from "../components/field.tsx";

export interface Who {
  readonly username: string;
  readonly printedName: string;
}

const USERNAME = /^[a-z][a-z0-9._-]{2,39}$/;

/** Who is enrolling: a founder says so themselves, anybody else was named by an administrator and can only read it. */
export function WhoForm({ link, onWho }: { readonly link: OpenEnrolmentOutput; readonly onWho: (who: Who) => void }) {
  const [username, setUsername] = useState(link.username ?? "");
  const [printedName, setPrintedName] = useState(link.printedName ?? "");
  const [isTried, setTried] = useState(false);
  const isNamed = link.username !== null && link.printedName !== null;
  const isUsername = USERNAME.test(username);
  const isName = printedName.trim().length >= 2;
  return (
    <form
      className="form"
      onSubmit={(event) => {
        event.preventDefault();
        setTried(true);
        if (isUsername && isName) onWho({ username, printedName: printedName.trim() });
      }}
    >
      <Field
        label="Printed name"
        value={printedName}
        onChange={setPrintedName}
        hint="As it will stand beside what you sign or approve."
        autoComplete="name"
        maxLength={100}
        isDisabled={isNamed}
        error={isTried && !isName ? "Enter your name." : null}
      />
      <Field
        label="User name"
        value={username}
        onChange={(text) => setUsername(text.toLowerCase())}
        hint="Yours for good: nobody else will ever have it."
        autoComplete="username"
        maxLength={40}
        isDisabled={isNamed}
        error={isTried && !isUsername ? "Three to forty of a–z, 0–9, dot, dash and underscore, beginning with a letter." : null}
      />
      <div className="form-acts">
        <Button type="submit" kind="primary">
          {isNamed ? "That is me, go on" : "Go on"}
        </Button>
      </div>
    </form>
  );
}
