/**
 * How long a server that refuses for a while wants to be left alone: `Retry-After`, or the budget that it says is used up, as
 * `RateLimit: "api";r=0;t=55` (draft-ietf-httpapi-ratelimit-headers-09) or as `X-RateLimit-Reset`, which no document defines. Pure.
 */
import type { HttpHeaders } from './http-headers.ts';
import { parseRetryAfterMs } from './retry-after.ts';

export interface RateLimit {
  /** Which of the server's budgets. */
  readonly bucket: string;
  readonly remaining: number;
  /** Absent where the header does not say. */
  readonly resetMs?: number;
}

/** No budget sends us to sleep for a day. */
const CAP_MS = 3600_000;
/** The seconds of `RateLimit` are rounded down. */
const ROUNDING_MS = 1000;
/** A smaller number counts seconds from now, a larger one since 1970: servers do either. */
const EPOCH_FROM_SECONDS = 1e9;

/** The first budget that is used up, else the first. */
export function parseRateLimit(header: string | undefined): RateLimit | undefined {
  const limits = itemsOf(header).flatMap(({ bucket, parameters: { r, t } }) =>
    r === undefined ? [] : [{ bucket, remaining: r, ...(t !== undefined && { resetMs: capped(t * 1000) }) }],
  );
  return limits.find(({ remaining }) => remaining === 0) ?? limits[0];
}

/** The headers stand on good answers too: they explain a refusal only where nothing is left. */
export function usedUpForMs(headers: HttpHeaders, nowMs: number): number | undefined {
  const limit = parseRateLimit(headers.ratelimit);
  if (limit === undefined) return resetMs(headers, nowMs);
  if (limit.remaining > 0) return undefined;
  const waitMs = limit.resetMs ?? windowMs(headers['ratelimit-policy'], limit.bucket);
  return waitMs === undefined ? undefined : waitMs + ROUNDING_MS;
}

/** After a refusal for the moment: 429, 503. What was asked for comes before what was counted. */
export function waitMsAfter(headers: HttpHeaders, nowMs: number): number | undefined {
  return parseRetryAfterMs(headers['retry-after'], nowMs) ?? usedUpForMs(headers, nowMs);
}

/** The longest that a budget can last whose end is not told. */
function windowMs(policy: string | undefined, bucket: string): number | undefined {
  const w = itemsOf(policy).find((item) => item.bucket === bucket)?.parameters.w;
  return w === undefined ? undefined : capped(w * 1000);
}

/** A moment is one of the server's clock, and so it is measured by that. */
function resetMs(headers: HttpHeaders, nowMs: number): number | undefined {
  const text = headers['x-ratelimit-reset']?.trim() ?? '';
  const isUsedUp = /^0*$/.test(headers['x-ratelimit-remaining']?.trim() ?? '');
  if (!isUsedUp || !/^\d{1,12}(?:\.\d+)?$/.test(text)) return undefined;
  const seconds = Number(text);
  if (seconds < EPOCH_FROM_SECONDS) return capped(seconds * 1000);
  const serverMs = Date.parse(headers.date ?? '');
  return Math.max(1000, capped(seconds * 1000 - (Number.isNaN(serverMs) ? nowMs : serverMs)));
}

interface Item {
  readonly bucket: string;
  readonly parameters: Readonly<Record<string, number>>;
}

/** `"api";r=0;t=55, "pages";r=3`: what is not of this form is left out. */
function itemsOf(header: string | undefined): Item[] {
  return [...(header ?? '').matchAll(/"([\w -]{1,40})"((?:\s*;\s*[a-z]+\s*=\s*[^;,\s]+)*)/g)].map(([, bucket = '', rest = '']) => {
    const parameters = [...rest.matchAll(/([a-z]+)\s*=\s*(\d{1,9})(?![^\s;])/g)].map(([, name = '', value]) => [name, Number(value)]);
    return { bucket, parameters: Object.fromEntries(parameters) as Record<string, number> };
  });
}

const capped = (ms: number): number => Math.min(CAP_MS, Math.max(0, Math.ceil(ms)));
