/** The OpenSSH server that the environment names, in the place of the machine's. */
export const NAMED_SSHD: string | undefined = process.env["SALLYPORT_SSHD"];
