import { isCorrelationId } from '../domain/correlation-id.ts';
import { Secret } from '../domain/secret.ts';
import { cleanTraceparent } from '../domain/trace-context.ts';
import { type CronSchedule, parseCron } from '../util/cron.ts';
import { formatBytes } from '../util/format-bytes.ts';
import { formatDuration } from '../util/format-duration.ts';
import { parseDuration } from '../util/parse-duration.ts';
import { parseSize } from '../util/parse-size.ts';
import { plainHttpUrl } from '../util/plain-http-url.ts';
import { formatRateSchedule, parseRateSchedule, type RateSchedule } from '../util/rate-schedule.ts';
import { absolutePath } from './absolute-path.ts';
import type { ValueType } from './value-type.ts';

const TRUE = /^(?:1|true|yes|on)$/i;
const FALSE = /^(?:0|false|no|off)$/i;
const OFF = /^(?:off|none|unlimited)$/i;
const NUMBER = /^-?\d{1,15}(?:\.\d{1,15})?$/;

export const boolean: ValueType<boolean> = {
  allowed: 'true or false (also 1/0, yes/no, on/off)',
  schema: { type: 'boolean' },
  parse: (raw) => {
    const text = scalarText(raw);
    if (TRUE.test(text)) return { value: true };
    return FALSE.test(text) ? { value: false } : undefined;
  },
  show: String,
};

/** For a switch that can only stay on. */
export function alwaysTrue(why: string): ValueType<true> {
  return {
    allowed: `true: ${why}`,
    schema: { const: true },
    parse: (raw, context) => (boolean.parse(raw, context)?.value === true ? { value: true } : undefined),
    show: String,
  };
}

export function wholeNumber(min: number, max: number): ValueType<number> {
  const type = decimalNumber(min, max);
  return {
    ...type,
    allowed: `a whole number from ${min} to ${max}`,
    schema: { ...type.schema, type: 'integer' },
    parse: (raw, context) => {
      const parsed = type.parse(raw, context);
      return parsed && Number.isInteger(parsed.value) ? parsed : undefined;
    },
  };
}

export function decimalNumber(min: number, max: number): ValueType<number> {
  return {
    allowed: `a number from ${min} to ${max}`,
    schema: { type: 'number', minimum: min, maximum: max },
    parse: (raw) => {
      const value = typeof raw === 'number' ? raw : typeof raw === 'string' && NUMBER.test(raw.trim()) ? Number(raw) : Number.NaN;
      return value >= min && value <= max ? { value } : undefined;
    },
    show: String,
  };
}

export function choice<const T extends string>(...choices: readonly T[]): ValueType<T> {
  return {
    allowed: `one of ${choices.join(', ')}`,
    schema: { enum: choices },
    parse: (raw) => {
      const value = choices.find((name) => name === scalarText(raw).toLowerCase());
      return value === undefined ? undefined : { value };
    },
    show: String,
  };
}

/** Bytes, from `20M`, `1.5GiB` or a plain number of bytes. */
export function size(minBytes: number, maxBytes = Number.MAX_SAFE_INTEGER): ValueType<number> {
  const most = maxBytes === Number.MAX_SAFE_INTEGER ? '' : ` to ${formatBytes(maxBytes)}`;
  return {
    allowed: `a size such as 20M, 1.5GiB or 1048576 (bytes)${minBytes > 1 || most ? `, from ${formatBytes(minBytes)}${most}` : ''}`,
    schema: { type: ['string', 'integer'] },
    parse: (raw) => {
      const value = textual(raw) ? parseSize(String(raw)) : undefined;
      return value !== undefined && value >= minBytes && value <= maxBytes ? { value } : undefined;
    },
    show: formatBytes,
  };
}

/** As {@link size}, only powers of two. */
export function powerOfTwoSize(minBytes: number, maxBytes: number): ValueType<number> {
  const type = size(minBytes, maxBytes);
  return {
    ...type,
    allowed: `a power of two from ${formatBytes(minBytes)} to ${formatBytes(maxBytes)}, such as 4MiB`,
    parse: (raw, context) => {
      const parsed = type.parse(raw, context);
      return parsed && Number.isInteger(Math.log2(parsed.value)) ? parsed : undefined;
    },
  };
}

/** Milliseconds, from `90s`, `1h30m`, `7d` or a plain number of seconds. */
export function duration(minMs: number): ValueType<number> {
  return {
    allowed: `a duration such as 90s, 5m, 1h30m or 7d (a plain number is seconds)${minMs > 0 ? `, at least ${formatDuration(minMs)}` : ''}`,
    schema: { type: ['string', 'number'] },
    parse: (raw) => {
      const value = textual(raw) ? parseDuration(String(raw)) : undefined;
      return value !== undefined && value >= minMs ? { value } : undefined;
    },
    show: formatDuration,
  };
}

/** Bytes per second, for all day or by the time of day. */
export const rateSchedule: ValueType<RateSchedule | undefined> = {
  allowed: 'a size for each second such as 20M, off, or times with what holds from then on, such as "08:00,20M 19:00,off"',
  schema: { type: ['string', 'integer'] },
  parse: (raw) => {
    const parsed = textual(raw) ? parseRateSchedule(String(raw)) : undefined;
    return parsed !== undefined && 'value' in parsed ? parsed : undefined;
  },
  problemsOf: (raw) => {
    const parsed = textual(raw) ? parseRateSchedule(String(raw)) : undefined;
    return parsed !== undefined && 'problems' in parsed ? parsed.problems : [];
  },
  show: (value) => (value === undefined ? 'off' : formatRateSchedule(value)),
};

/** Times of day, week and year, as cron has them. */
export const cronSchedule: ValueType<CronSchedule> = {
  allowed:
    'five fields as cron has them, in local time (minute, hour, day of the month, month, day of the week) such as "30 3 * * 0", or @hourly, @daily, @weekly, @monthly',
  schema: { type: 'string' },
  parse: (raw) => {
    const parsed = typeof raw === 'string' ? parseCron(raw) : undefined;
    return parsed !== undefined && 'value' in parsed ? parsed : undefined;
  },
  problemsOf: (raw) => {
    const parsed = typeof raw === 'string' ? parseCron(raw) : undefined;
    return parsed !== undefined && 'problems' in parsed ? parsed.problems : [];
  },
  show: ({ text }) => text,
};

/** Adds `off`, held as `undefined`. */
export function orOff<T>(type: ValueType<T>): ValueType<T | undefined> {
  return {
    allowed: `${type.allowed}, or off`,
    schema: type.schema,
    parse: (raw, context) => (typeof raw === 'string' && OFF.test(raw.trim()) ? { value: undefined } : type.parse(raw, context)),
    ...(type.problemsOf && { problemsOf: (raw: unknown) => type.problemsOf?.(raw) ?? [] }),
    show: (value) => (value === undefined ? 'off' : type.show(value)),
  };
}

/** An absolute path; `~/` is the home directory. */
export const path: ValueType<string> = {
  allowed: 'a path',
  schema: { type: 'string', minLength: 1 },
  parse: (raw, context) => {
    if (typeof raw !== 'string' || raw.trim() === '' || raw.includes('\0')) return undefined;
    return { value: absolutePath(raw.trim(), context) };
  },
  show: String,
};

/** A path, or `store` for a place in the store itself. */
export const storeOrPath: ValueType<string> = {
  ...path,
  allowed: '`store`, or a path',
  parse: (raw, context) => (raw === 'store' ? { value: raw } : path.parse(raw, context)),
};

/** A TOML array; in the environment separated as PATH is (`:`, on Windows `;`). */
export const paths: ValueType<readonly string[]> = {
  allowed: 'a list of paths',
  schema: { type: 'array', items: { type: 'string', minLength: 1 } },
  parse: (raw, context) => {
    const parsed = listOf(raw, context.platform === 'win32' ? ';' : ':')?.map((item) => path.parse(item, context)?.value);
    return parsed?.every((item) => item !== undefined) ? { value: parsed } : undefined;
  },
  show: (value) => value.join(', '),
};

/** A program: by its path, or by a name that PATH is searched for. */
export const program: ValueType<string> = {
  allowed: 'a path, or the name of a program',
  schema: { type: 'string', minLength: 1 },
  parse: (raw, context) => (typeof raw === 'string' && /[\\/]/.test(raw) ? path.parse(raw, context) : word.parse(raw, context)),
  show: String,
};

/** One word: a name without spaces. */
export const word: ValueType<string> = {
  allowed: 'one word',
  schema: { type: 'string', minLength: 1 },
  parse: (raw) => (/^\S{1,256}$/.test(scalarText(raw)) ? { value: scalarText(raw) } : undefined),
  show: String,
};

/** What may stand in the middle of a host name without making it another host's. */
/** A word by which somebody else knows our work. */
export const idWord: ValueType<string> = {
  allowed: 'up to 64 letters, digits, dots, dashes and underscores, the first of them a letter or digit',
  schema: { type: 'string', minLength: 1, maxLength: 64 },
  parse: (raw) => (isCorrelationId(scalarText(raw)) ? { value: scalarText(raw) } : undefined),
  show: String,
};

export const traceparent: ValueType<string> = {
  allowed: 'a W3C trace context, 00-<32 hex digits>-<16 hex digits>-<2 hex digits>',
  schema: { type: 'string' },
  parse: (raw) => {
    const value = cleanTraceparent(scalarText(raw));
    return value === undefined ? undefined : { value };
  },
  show: String,
};

export const regionName: ValueType<string> = {
  allowed: 'a name of letters, digits, - and _',
  schema: { type: 'string', pattern: '^[A-Za-z0-9_-]{1,63}$' },
  parse: (raw) => (/^[A-Za-z0-9_-]{1,63}$/.test(scalarText(raw)) ? { value: scalarText(raw) } : undefined),
  show: String,
};

/** A TOML array, or words separated by commas. */
export const words: ValueType<readonly string[]> = {
  allowed: 'a list of words',
  schema: { type: 'array', items: { type: 'string', minLength: 1 } },
  parse: (raw) => {
    const parsed = listOf(raw, ',');
    return parsed?.every((item) => typeof item === 'string') ? { value: parsed } : undefined;
  },
  show: (value) => value.join(', '),
};

/** An http(s) URL without credentials. */
export const httpUrl: ValueType<string> = {
  allowed: 'an http:// or https:// URL without user name and password',
  schema: { type: 'string', format: 'uri' },
  mayHoldSecret: true,
  parse: (raw) => {
    const url = typeof raw === 'string' ? plainHttpUrl(raw) : undefined;
    return url === undefined ? undefined : { value: url.href.replace(/\/$/, '') };
  },
  show: String,
};

/** The URL of a proxy. It may carry a password, hence a Secret. A bare `host:port` means http. */
export const proxyUrl: ValueType<Secret | undefined> = {
  allowed: 'a URL such as http://proxy.example:3128',
  schema: { type: 'string' },
  mayHoldSecret: true,
  parse: (raw) => {
    if (typeof raw !== 'string') return undefined;
    const text = raw.includes('://') ? raw.trim() : `http://${raw.trim()}`;
    return URL.canParse(text) ? { value: new Secret(text) } : undefined;
  },
  show: (value) => (value === undefined ? 'off' : withoutUserInfo(value.reveal())),
};

function withoutUserInfo(text: string): string {
  const url = new URL(text);
  const credentials = url.username === '' && url.password === '' ? '' : '******@';
  return `${url.protocol}//${credentials}${url.host}`;
}

/** Empty for tables and lists. */
const scalarText = (raw: unknown): string => (textual(raw) || typeof raw === 'boolean' ? String(raw).trim() : '');

const textual = (raw: unknown): raw is string | number => typeof raw === 'string' || typeof raw === 'number';

function listOf(raw: unknown, separator: string): readonly unknown[] | undefined {
  if (Array.isArray(raw)) return raw;
  if (typeof raw !== 'string') return undefined;
  return raw
    .split(separator)
    .map((item) => item.trim())
    .filter((item) => item !== '');
}
