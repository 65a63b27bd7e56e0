import { SallyportError } from "@sallyport/errors";

/** Anything that says whether a value has a form, and where it hasn't; a zod schema, say. */
interface Form<T> {
  safeParse(
    value: unknown,
  ): { readonly success: true; readonly data: T } | { readonly success: false; readonly error: { readonly issues: readonly { readonly path: readonly PropertyKey[] }[] } };
}

/** How an operator's file about others' servers is read, and what is said where it isn't right: members and reasons, never a value of it. */
export class PlanFile {
  readonly #setting: string;
  readonly #runbook: string;

  /** @param setting - The one that names the file. @param runbook - Where an example of it stands. */
  constructor(setting: string, runbook: string) {
    this.#setting = setting;
    this.#runbook = runbook;
  }

  /** What is thrown for a file that isn't right. */
  invalid(reason: string): SallyportError {
    return new SallyportError("setting.invalid", { setting: this.#setting, reason, remedy: `correct the file; ${this.#runbook} has an example` });
  }

  /** @throws SallyportError `setting.invalid`, which names the first member that isn't right. */
  parse<T>(form: Form<T>, json: string): T {
    let value: unknown;
    try {
      value = JSON.parse(json);
    } catch {
      throw this.invalid("it is not JSON");
    }
    const parsed = form.safeParse(value);
    if (parsed.success) return parsed.data;
    throw this.invalid(`this isn't what it takes: ${parsed.error.issues[0]?.path.join(".") ?? ""}`);
  }

  /** The certificates of a file that it names, PEM. @throws SallyportError `setting.invalid`. */
  certificates(file: string, read: (path: string) => string): string {
    let text = "";
    try {
      text = read(file);
    } catch {
      throw this.invalid("it names a certificate file that can't be read");
    }
    if (!text.includes("-----BEGIN CERTIFICATE-----")) throw this.invalid("it names a certificate file without a certificate");
    return text;
  }
}
