/** What is wrong with the day of a withdrawal, in words; null for one that is a day and not after today here. */
export function dayFault(day: string, now: Date): string | null {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(day)) return "Say from which day.";
  const [year = 0, month = 0, date = 0] = day.split("-").map(Number);
  const read = new Date(Date.UTC(year, month - 1, date));
  if (read.getUTCMonth() !== month - 1 || read.getUTCDate() !== date) return "There is no such day.";
  const today = new Date(now.getTime() - now.getTimezoneOffset() * 60_000).toISOString().slice(0, 10);
  return day > today ? "This day is still to come." : null;
}
