/** Whether a text looks like a mail address; the api looks closer. */
export const isAddress = (text: string): boolean => /^[!-~]+@[!-~]+$/.test(text);
