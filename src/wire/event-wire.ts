import type { eventDocument } from '../documents/events.ts';
import type { ModelEvent } from '../domain/events.ts';
import type { Wire } from './wire.ts';

/** An event as a line of `--progress json`. That the types agree is what keeps the published schema true. */
export const eventWire = (event: ModelEvent): Wire<typeof eventDocument> => ({ schema: 'wan.event/v1', ...snakeKeys(event) });

type Verbatim = 'details' | 'facts';
const VERBATIM: ReadonlySet<string> = new Set<Verbatim>(['details', 'facts']);

type SnakeCase<Text extends string> = Text extends `${infer First}${infer Rest}`
  ? `${First extends Lowercase<First> ? First : `_${Lowercase<First>}`}${SnakeCase<Rest>}`
  : '';

/** `details` of an error and `facts` of an act are for programs already, whatever their keys. */
type SnakeKeys<T> = T extends readonly (infer Item)[]
  ? readonly SnakeKeys<Item>[]
  : T extends object
    ? { readonly [Key in keyof T as SnakeCase<Key & string>]: Key extends Verbatim ? T[Key] : SnakeKeys<T[Key]> }
    : T;

function snakeKeys<T>(value: T): SnakeKeys<T> {
  return converted(value) as SnakeKeys<T>;
}

function converted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(converted);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [snakeCase(key), VERBATIM.has(key) ? inner : converted(inner)]));
}

const snakeCase = (key: string): string => key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
