import { isCorrelationId } from '../domain/correlation-id.ts';
import { parseSubset, type Subset } from '../domain/subset.ts';
import { parseDuration } from '../util/parse-duration.ts';
import { parseSize } from '../util/parse-size.ts';
import { usageError } from './usage-error.ts';

/** A command line after parsing: every option is known, every value is there and among its choices. */
export class ParsedArgs {
  readonly operands: readonly string[];
  readonly #values: ReadonlyMap<string, readonly string[]>;

  constructor(operands: readonly string[], values: ReadonlyMap<string, readonly string[]>) {
    this.operands = operands;
    this.#values = values;
  }

  has(name: string): boolean {
    return this.#values.has(name);
  }

  /** Of an option given several times, the last one counts. */
  text(name: string): string | undefined {
    return this.#values.get(name)?.at(-1);
  }

  texts(name: string): readonly string[] {
    return this.#values.get(name) ?? [];
  }

  /** @throws ModelError INVALID_INPUT unless a whole number of at least 1. */
  count(name: string): number | undefined {
    return this.#parsed(name, parseCount, 'a whole number of at least 1, for example 4');
  }

  /** @throws ModelError INVALID_INPUT unless the number of a port; 0 is any free one. */
  port(name: string): number | undefined {
    return this.#parsed(name, parsePort, 'a number from 0 to 65535');
  }

  /** @throws ModelError INVALID_INPUT unless it is fit for logs and records. */
  correlationId(name: string): string | undefined {
    const parse = (text: string): string | undefined => (isCorrelationId(text) ? text : undefined);
    return this.#parsed(name, parse, 'up to 64 letters, digits, dots, dashes and underscores');
  }

  /** Whether it makes sense where it is used is for whoever uses it. @throws ModelError INVALID_INPUT unless a number. */
  number(name: string): number | undefined {
    return this.#parsed(name, parseNumber, 'a number, for example 16 or 3.5');
  }

  /** Milliseconds. @throws ModelError INVALID_INPUT unless a duration above 0. */
  durationMs(name: string): number | undefined {
    return this.#parsed(name, positive(parseDuration), 'a duration, for example 90s, 1h30m or 30d');
  }

  /** Bytes. @throws ModelError INVALID_INPUT unless a size above 0. */
  sizeBytes(name: string): number | undefined {
    return this.#parsed(name, positive(parseSize), 'a size, for example 20M or 1.5GiB');
  }

  /** @throws ModelError INVALID_INPUT unless a part of the whole. */
  subset(name: string): Subset | undefined {
    return this.#parsed(name, parseSubset, 'a part of the whole, for example 1/7');
  }

  #parsed<T>(name: string, parse: (text: string) => T | undefined, wanted: string): T | undefined {
    const text = this.text(name);
    if (text === undefined) return undefined;
    const value = parse(text);
    if (value === undefined) throw usageError('invalid_value', `--${name} ${JSON.stringify(text)} is not valid`, `write ${wanted}`);
    return value;
  }
}

const parseCount = (text: string): number | undefined => (/^[1-9]\d{0,8}$/.test(text) ? Number(text) : undefined);

const parsePort = (text: string): number | undefined => (/^\d{1,5}$/.test(text) && Number(text) <= 65_535 ? Number(text) : undefined);

const parseNumber = (text: string): number | undefined => (/^-?\d{1,12}(?:\.\d{1,9})?$/.test(text) ? Number(text) : undefined);

const positive = (parse: (text: string) => number | undefined) => (text: string) => {
  const value = parse(text);
  return value !== undefined && value > 0 ? value : undefined;
};
