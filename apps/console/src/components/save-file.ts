/** Hands a file to the browser, to be kept where the person keeps what they download. */
export function saveFile(file: Blob, name: string): void {
  const address = URL.createObjectURL(file);
  const link = document.createElement("a");
  link.href = address;
  link.download = name;
  link.click();
  // The browser has begun to read it by then; keeping the address would keep the file.
  setTimeout(() => URL.revokeObjectURL(address), 60_000);
}
