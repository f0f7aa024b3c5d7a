/** JSON that may be anybody's: what it takes to read it is bounded, and it ends at the first thing that is wrong. */
import { type Sha256, sha256Of } from '../../domain/digest.ts';

/** What is wrong, and where. */
export class ShapeFault extends Error {
  override readonly name = 'ShapeFault';
}

const MAX_DEPTH = 8;
/** Of an object or a list with its brackets and keys: what is parsed takes up to forty times its bytes where it is all brackets. */
const MIN_BYTES = 24;
const [QUOTE, BACKSLASH] = [0x22, 0x5c];
const OPENING: ReadonlySet<number> = new Set([0x5b, 0x7b]);
const CLOSING: ReadonlySet<number> = new Set([0x5d, 0x7d]);

/** @throws ShapeFault */
export function parseStrict(bytes: Buffer): Node {
  if (!isPlausible(bytes)) throw new ShapeFault('it is all brackets');
  try {
    return new Node(JSON.parse(bytes.toString('utf8')), '');
  } catch (error) {
    if (error instanceof SyntaxError) throw new ShapeFault('it is not JSON');
    throw error;
  }
}

function isPlausible(bytes: Buffer): boolean {
  let depth = 0;
  let left = bytes.length / MIN_BYTES + MAX_DEPTH;
  let isText = false;
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at] ?? 0;
    if (isText && byte === BACKSLASH) at++;
    else if (byte === QUOTE) isText = !isText;
    else if (!isText && OPENING.has(byte) && (++depth > MAX_DEPTH || --left < 0)) return false;
    else if (!isText && CLOSING.has(byte)) depth--;
  }
  return true;
}

/** A value that has still to show what it is. Every method throws a ShapeFault where it is something else. */
export class Node {
  readonly #value: unknown;
  readonly #at: string;

  constructor(value: unknown, at: string) {
    this.#value = value;
    this.#at = at;
  }

  /** An object with these keys and no others; those that end in `?` may be absent. */
  object<Key extends string>(
    ...keys: readonly Key[]
  ): { readonly [K in Key as K extends `${string}?` ? never : K]: Node } & {
    readonly [K in Key as K extends `${infer Name}?` ? Name : never]?: Node;
  } {
    const value = this.#value;
    if (typeof value !== 'object' || value === null || Array.isArray(value)) throw this.fault('is no object');
    const known = new Map(keys.map((key) => [key.replace('?', ''), key.endsWith('?')]));
    const foreign = Object.keys(value).find((key) => !known.has(key));
    if (foreign !== undefined) throw this.fault(`has a key ${JSON.stringify(foreign.slice(0, 40))} that nobody knows`);
    const nodes: Record<string, Node> = {};
    for (const [key, isOptional] of known) {
      if (Object.hasOwn(value, key)) nodes[key] = new Node((value as Record<string, unknown>)[key], `${this.#at}.${key}`);
      else if (!isOptional) throw this.fault(`has no ${key}`);
    }
    return nodes as never;
  }

  /** Of an object whatever else it has. */
  member(key: string): Node {
    const value = this.#value;
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) throw this.fault(`has no ${key}`);
    return new Node((value as Record<string, unknown>)[key], `${this.#at}.${key}`);
  }

  list<Item>(item: (node: Node) => Item, { min = 0, max = Number.POSITIVE_INFINITY } = {}): Item[] {
    const value = this.#value;
    if (!Array.isArray(value)) throw this.fault('is no list');
    if (value.length < min || value.length > max) throw this.fault(`has ${value.length} items`);
    return value.map((one, index) => item(new Node(one, `${this.#at}[${index}]`)));
  }

  text(maxLength = Number.POSITIVE_INFINITY): string {
    const value = this.#value;
    if (typeof value !== 'string' || value.length > maxLength) throw this.fault('is no text, or too long a one');
    return value;
  }

  is(wanted: string): void {
    if (this.#value !== wanted) throw this.fault(`is not ${JSON.stringify(wanted)}`);
  }

  size(min = 0): number {
    const value = this.#value;
    if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < min) throw this.fault('is no size');
    return value;
  }

  sha256(): Sha256 {
    const value = this.#value;
    if (typeof value !== 'string' || !/^[0-9a-f]{64}$/.test(value)) throw this.fault('is no sha256');
    return sha256Of(value);
  }

  fault(what: string): ShapeFault {
    return new ShapeFault(`${this.#at === '' ? 'it' : this.#at.replace(/^\./, '')} ${what}`);
  }
}
