import { HIDDEN, mask } from './mask.ts';
import { redactText } from './redact-text.ts';

/** Field names that hold a secret, in one lower-case word: as a whole, or as the last part of a name. */
const SENSITIVE =
  /(?:^|_)(?:token|secret|passw(?:or)?d|authorization|credentials?|signature|api_key|apikey|access_key(?:_id)?|secret_key)$/;
/** A name without any of these, whatever its case, is not worth the patterns. */
const SENSITIVE_PARTS = ['token', 'secret', 'passw', 'authorization', 'credential', 'signature', 'key'];
const MAX_DEPTH = 24;

/** A copy with sensitive fields masked and every other string redacted, however deep; shapes stay as they are. */
export function redactValue(value: unknown): unknown {
  return redact(value, []);
}

/** `above` holds the objects around this one: what is met again inside itself would never end. */
function redact(value: unknown, above: readonly object[]): unknown {
  if (typeof value === 'string') return redactText(value);
  if (typeof value !== 'object' || value === null) return value;
  if (above.includes(value)) return '[circular]';
  if (above.length >= MAX_DEPTH) return '[too deep]';
  const inside = [...above, value];
  if (Array.isArray(value)) return value.map((item) => redact(item, inside));
  if (value instanceof Error) return redact({ ...value, name: value.name, message: value.message }, above);
  if (!isPlain(value)) return redactText(String(value));
  return Object.fromEntries(Object.entries(value).map(([name, field]) => [name, redactField(name, field, inside)]));
}

function redactField(name: string, field: unknown, above: readonly object[]): unknown {
  if (!isSensitive(name) || field === undefined || field === null || typeof field === 'boolean') return redact(field, above);
  return typeof field === 'string' ? mask(field) : HIDDEN;
}

function isSensitive(name: string): boolean {
  const lower = name.toLowerCase();
  return SENSITIVE_PARTS.some((part) => lower.includes(part)) && SENSITIVE.test(snakeCase(name));
}

const snakeCase = (name: string): string =>
  name
    .replace(/([a-z0-9])([A-Z])/g, '$1_$2')
    .replaceAll('-', '_')
    .toLowerCase();

function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}
