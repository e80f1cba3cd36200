/** The reminder to prove a contact, put off on this device. */

const KEY = "shopbell.prove-after";
const WEEK_MS = 7 * 24 * 3_600_000;

export function putOff(now: Date): void {
  localStorage.setItem(KEY, new Date(now.getTime() + WEEK_MS).toISOString());
}

export function isPutOff(now: Date): boolean {
  const until = localStorage.getItem(KEY);
  return until !== null && now.toISOString() < until;
}
