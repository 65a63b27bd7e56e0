/** A time in words, in UTC as records have it: `2026-01-02 03:04:05 UTC`. */
export const momentText = (iso: string): string => `${iso.slice(0, 10)} ${iso.slice(11, 19)} UTC`;
