/** `2026-11-27 21:05Z` of an ISO 8601 moment in UTC: as exact as people want it. */
export const minuteOf = (iso: string): string => `${iso.slice(0, 16).replace('T', ' ')}Z`;

/** `2026-11-27 21:05:09Z`. */
export const secondOf = (iso: string): string => `${iso.slice(0, 19).replace('T', ' ')}Z`;
