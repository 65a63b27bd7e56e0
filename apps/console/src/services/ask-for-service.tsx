"use client";

import { useRouter } from "next/navigation";
import { useState } from "react";
import { useChange } from "../api/use-change.ts";
import { ActForm } from "../components/act-form.tsx";
import { Button } from "../components/button.tsx";
import { CopyButton } from "../components/copy-button.tsx";
import { Dialog, DialogBody, DialogFoot } from "../components/dialog.tsx";
import { Field } from "../components/field.tsx";
import { useTell } from "../frame/notices.tsx";
import { enrolCommands, type MadeCode, makeServiceCode, SERVICE_NAME } from "./service-code.ts";
import type { Service } from "./service-text.ts";

interface AskForServiceProps {
  /** A service that is there and is to enrol anew; none for a new one. */
  readonly again?: Pick<Service, "service" | "created">;
  readonly onClose: () => void;
}

interface Asked extends MadeCode {
  readonly service: string;
  readonly approvalId: string;
}

/** Asks for a service, and shows its one-time code once. Nothing can be done with the code before another administrator has approved. */
export function AskForService({ again, onClose }: AskForServiceProps) {
  const router = useRouter();
  const tell = useTell();
  const [name, setName] = useState(again?.service ?? "");
  const [title, setTitle] = useState(again?.created?.title ?? "");
  const [made, setMade] = useState<(MadeCode & { readonly service: string }) | null>(null);
  const [asked, setAsked] = useState<Asked | null>(null);
  const [isTried, setTried] = useState(false);
  const nameFault = SERVICE_NAME.test(name) && name !== "terminal" ? null : "Two to 38 lower-case letters, digits and hyphens, beginning with a letter.";
  const titleFault = title.trim().length >= 3 ? null : "Say in a few words what it does.";
  const ask = useChange("approvals.requestService", { refreshes: ["approvals.list"] });
  const go = async (reason: string) => {
    // The same code for the same service, however often it is sent: a lost answer asks for one request.
    const code = made?.service === name ? made : { service: name, ...(await makeServiceCode(name)) };
    setMade(code);
    ask.mutate(
      { service: name, title: title.trim(), codeKey: code.codeKey, isAgain: again !== undefined, reason },
      { onSuccess: ({ approval }) => setAsked({ ...code, approvalId: approval.approvalId }) },
    );
  };
  if (asked !== null) {
    const { approvalId } = asked;
    const done = () => {
      tell({ tone: "done", text: "Asked for. Another administrator has to approve it with a passkey." });
      onClose();
      router.push(`/approvals?show=mine&request=${approvalId}`);
    };
    return <CodeShown asked={asked} onDone={done} />;
  }
  return (
    <Dialog title={again === undefined ? "Create a service" : "Enrol anew"} isOpen onClose={onClose}>
      <ActForm
        act="Ask for approval"
        isReady={nameFault === null && titleFault === null}
        onTried={() => setTried(true)}
        isPending={ask.isPending}
        failure={ask.error}
        onCancel={onClose}
        onGo={(reason) => void go(reason)}
        recorded={
          <ul>
            <li>that you asked for this service, under this name, with the public half of a code</li>
            <li>a commitment to the reason; the code itself is nowhere</li>
          </ul>
        }
      >
        {again === undefined ? (
          <>
            <p>Another administrator approves it with a passkey. Until it is given a role, everything is denied to it. Its name is never given to another service.</p>
            <Field
              label="Name"
              value={name}
              onChange={(text) => setName(text.toLowerCase())}
              maxLength={38}
              isCode
              autoComplete="off"
              error={isTried ? nameFault : null}
              hint="The end of its identity: …/service/name."
            />
            <Field label="What it does" value={title} onChange={setTitle} maxLength={120} autoComplete="off" error={isTried ? titleFault : null} />
          </>
        ) : (
          <p>
            <strong>{again.service}</strong> gets a new one-time code. Another administrator approves it with a passkey; when it is used, every certificate that the service has
            ends. Its roles stay as they are.
          </p>
        )}
      </ActForm>
    </Dialog>
  );
}

/** The code, once, with what is typed on the service's machine. */
function CodeShown({ asked: { service, code }, onDone }: { readonly asked: Asked; readonly onDone: () => void }) {
  const commands = enrolCommands(service, location.origin);
  return (
    <Dialog title="One-time code" isOpen isAlert onClose={onDone}>
      <DialogBody>
        <p>
          Shown once, kept nowhere: it was made in this browser and was not sent. It opens nothing until another administrator has approved; from then it is good for an hour, once.
        </p>
        <code className="link-shown">{code}</code>
        <div className="form-acts">
          <CopyButton text={code} label="Copy the one-time code" />
        </div>
        <p className="part-title">On the machine that {service} runs on</p>
        <p>Put the code into a file of its user alone: paste it after the first command, then Enter and Ctrl-D. The second may be started now: it waits for the approval.</p>
        {commands.map((command) => (
          <div key={command} className="command-line">
            <code className="link-shown">{command}</code>
            <CopyButton text={command} label={`Copy: ${command}`} />
          </div>
        ))}
      </DialogBody>
      <DialogFoot>
        <Button kind="primary" onPress={onDone}>
          The code is kept
        </Button>
      </DialogFoot>
    </Dialog>
  );
}
