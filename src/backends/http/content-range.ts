/** `Content-Range` (RFC 9110, section 14.4) and `Content-Length`, read strictly: anything odd is undefined. */

export interface ContentRange {
  readonly first: number;
  /** Inclusive. */
  readonly last: number;
  /** Absent for `*`. */
  readonly totalBytes?: number;
}

export function parseContentRange(value: string | undefined): ContentRange | undefined {
  const match = /^bytes (\d{1,16})-(\d{1,16})\/(?:(\d{1,16})|\*)$/i.exec(value?.trim() ?? '');
  if (match === null) return undefined;
  const [first, last] = [Number(match[1]), Number(match[2])];
  const totalBytes = match[3] === undefined ? undefined : Number(match[3]);
  if (first > last || !Number.isSafeInteger(last) || (totalBytes !== undefined && last >= totalBytes)) return undefined;
  return { first, last, ...(totalBytes !== undefined && { totalBytes }) };
}

/** The size in the `bytes * /size` of a 416 answer. */
export function parseUnsatisfiedRange(value: string | undefined): number | undefined {
  const match = /^bytes \*\/(\d{1,16})$/i.exec(value?.trim() ?? '');
  return match === null ? undefined : Number(match[1]);
}

export function parseContentLength(value: string | undefined): number | undefined {
  return value !== undefined && /^\d{1,16}$/.test(value) ? Number(value) : undefined;
}
