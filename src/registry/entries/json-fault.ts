import { isTable } from '../rules/raw-table.ts';
import { textFault } from './text-fault.ts';

const MAX_BYTES = 16 * 1024;
const MAX_DEPTH = 6;
const MAX_KEY = 128;
/** Names that a program which copies objects without care takes for something else. */
const TRAPS: readonly string[] = ['__proto__', 'constructor', 'prototype'];

/** What is wrong with an object of anybody's own data; undefined for a good one. */
export function jsonFault(value: unknown): string | undefined {
  if (!isTable(value)) return 'is no object';
  const fault = faultIn(value, 0);
  if (fault !== undefined) return fault;
  const bytes = Buffer.byteLength(JSON.stringify(value));
  return bytes > MAX_BYTES ? `has ${bytes} bytes as JSON; at most ${MAX_BYTES} are kept` : undefined;
}

function faultIn(value: unknown, depth: number): string | undefined {
  if (depth > MAX_DEPTH) return `is more than ${MAX_DEPTH} levels deep`;
  if (typeof value === 'string') return textFault(value, { max: MAX_BYTES, lines: true });
  if (Array.isArray(value)) return firstFault(value, depth);
  if (isTable(value)) return Object.keys(value).map(keyFault).find(Boolean) ?? firstFault(Object.values(value), depth);
  return value === null || typeof value === 'boolean' || Number.isFinite(value) ? undefined : 'holds a value that JSON has not';
}

function firstFault(values: readonly unknown[], depth: number): string | undefined {
  for (const value of values) {
    const fault = faultIn(value, depth + 1);
    if (fault !== undefined) return fault;
  }
  return undefined;
}

function keyFault(key: string): string | undefined {
  if (TRAPS.includes(key)) return `has the key ${key}, which is not kept`;
  const fault = textFault(key, { max: MAX_KEY });
  return fault === undefined ? undefined : `has a key that ${fault}`;
}
