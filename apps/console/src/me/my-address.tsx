"use client";

import dynamic from "next/dynamic";
import { useState } from "react";
import { Button } from "../components/button.tsx";
import { Panel } from "../components/states.tsx";
import type { Me } from "./authenticators.tsx";

const ChangeAddress = dynamic(async () => (await import("./change-address.tsx")).ChangeAddress, { ssr: false });

/** Where the person is told, past this console, of what was approved and signed in their name. */
export function MyAddress({ me }: { readonly me: Me }) {
  const [isChanging, setChanging] = useState(false);
  return (
    <Panel id="address" title="Notices by mail" acts={<Button onPress={() => setChanging(true)}>{me.noticeAddress === null ? "Set an address" : "Change the address"}</Button>}>
      <p>
        {me.noticeAddress === null ? (
          <>
            <strong>You aren't told by mail.</strong> With an address, you hear of every approval and signature in your name, in words that this console doesn't make.
          </>
        ) : (
          <>
            Approvals and signatures in your name, and requests that wait for you, are told to <code>{me.noticeAddress}</code>.
          </>
        )}
      </p>
      {!me.tellsPeople && (
        <p className="advice">
          <strong>This deployment sends no mail to people yet.</strong> An address can be set; it is used once a mail server is set up for it.
        </p>
      )}
      {isChanging && <ChangeAddress me={me} onClose={() => setChanging(false)} />}
    </Panel>
  );
}
