import { type PublicKeyCredentialCreationOptionsJSON, type PublicKeyCredentialRequestOptionsJSON, startAuthentication, startRegistration } from "@simplewebauthn/browser";

/** Why no passkey came of it. `dismissed`: the person, or the browser for them, called it off; `known`: this device has one already. */
export type PasskeyFault = "dismissed" | "known" | "unsupported";

/** Nothing was sent to the api: the browser's part of the ceremony did not come to its end. */
export class PasskeyError extends Error {
  readonly fault: PasskeyFault;

  constructor(fault: PasskeyFault, cause: unknown) {
    super(fault, { cause });
    this.name = "PasskeyError";
    this.fault = fault;
  }
}

export const passkeyText: Readonly<Record<PasskeyFault, string>> = {
  dismissed: "The passkey was not used: the browser's question was closed, or took too long. Nothing was sent.",
  known: "This device holds a passkey of yours already. Use another device or security key.",
  unsupported: "This browser can't use a passkey here.",
};

function faultOf(error: unknown): PasskeyFault {
  const name = error instanceof Error ? error.name : "";
  const code = error instanceof Error && "code" in error ? error.code : "";
  if (name === "InvalidStateError" || code === "ERROR_AUTHENTICATOR_PREVIOUSLY_REGISTERED") return "known";
  return name === "NotAllowedError" || name === "AbortError" || code === "ERROR_CEREMONY_ABORTED" ? "dismissed" : "unsupported";
}

/** Has the person's authenticator sign the challenge of these options (WebAuthn Level 3 §5.1.4). @throws PasskeyError */
export async function assertPasskey(options: string): Promise<string> {
  try {
    return JSON.stringify(await startAuthentication({ optionsJSON: JSON.parse(options) as PublicKeyCredentialRequestOptionsJSON }));
  } catch (error) {
    throw new PasskeyError(faultOf(error), error);
  }
}

/** A registration, and the attestation object in it, which a proof by an earlier passkey is over. */
export interface Registered {
  readonly response: string;
  readonly attestation: string;
}

/** Makes a passkey (WebAuthn Level 3 §5.1.3). @throws PasskeyError */
export async function registerPasskey(options: string): Promise<Registered> {
  try {
    const registration = await startRegistration({ optionsJSON: JSON.parse(options) as PublicKeyCredentialCreationOptionsJSON });
    return { response: JSON.stringify(registration), attestation: registration.response.attestationObject };
  } catch (error) {
    throw new PasskeyError(faultOf(error), error);
  }
}
