/** How long to wait before trying again: longer each time, and not all at once. */

/** Milliseconds before attempt `attempt` (from 0): between half and all of a doubling pause. */
export function backoffMs(
  attempt: number,
  random: number,
  { firstMs = 500, longestMs = 30_000 } = {},
): number {
  const pauseMs = Math.min(longestMs, firstMs * 2 ** attempt);
  return Math.round(pauseMs * (0.5 + random / 2));
}
