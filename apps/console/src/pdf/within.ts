import { PdfFault } from "./pdf-fault.ts";

/** What comes of a promise within so many milliseconds. @throws PdfFault `slow` afterwards; whatever comes then is dropped. */
export async function within<T>(ms: number, promise: Promise<T>): Promise<T> {
  let late: ReturnType<typeof setTimeout> | undefined;
  const stopped = new Promise<never>((_, reject) => {
    late = setTimeout(() => reject(new PdfFault("slow")), ms);
  });
  try {
    return await Promise.race([promise, stopped]);
  } finally {
    clearTimeout(late);
  }
}
