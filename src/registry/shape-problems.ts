/** What the schema says of a document -> problems in our words. */
import type { z } from 'zod';
import { nearest } from '../util/nearest.ts';
import type { DraftProblem, Report } from './draft-problem.ts';
import type { TomlPath } from './toml-positions.ts';

type Issue = z.core.$ZodIssue;

interface Document {
  readonly schema: z.ZodType;
  readonly value: unknown;
  /** Path of `value` in the whole document. */
  readonly at: TomlPath;
}

export function reportShape(document: Document, issues: readonly Issue[], report: Report): void {
  for (const issue of issues.flatMap(unwrapUnion)) for (const problem of toProblems(document, issue)) report(problem);
}

/** Of one table; more than are ever listed. */
const MAX_KEYS = 1001;

function toProblems(document: Document, issue: Issue): DraftProblem[] {
  const path = [...document.at, ...(issue.path as TomlPath)];
  if (issue.code === 'unrecognized_keys') {
    const known = keysOf(schemaAt(document.schema, issue.path as TomlPath));
    return issue.keys.slice(0, MAX_KEYS).map((key) => unknownKey(path, key, known));
  }
  const value = valueAt(document.value, issue.path as TomlPath);
  if (value === undefined) return [missingKey(path)];
  return [sizeProblem(path, value) ?? digestProblem(path, value) ?? plainProblem(issue, path, value)];
}

/** Of a union's branches, the one that the value seems to be meant for: the one that does not fail on its type. */
function unwrapUnion(issue: Issue): Issue[] {
  if (issue.code !== 'invalid_union') return [issue];
  const meant = issue.errors.find((branch) => !branch.some((inner) => inner.path.length === 0));
  if (meant === undefined) return [issue];
  return meant.map((inner) => ({ ...inner, path: [...issue.path, ...inner.path] })).flatMap(unwrapUnion);
}

function unknownKey(path: TomlPath, key: string, known: readonly string[]): DraftProblem {
  const hint = () => {
    const near = nearest(key, known);
    return near === undefined ? `known here: ${known.join(', ')}` : `did you mean ${near}?`;
  };
  return { code: 'unknown_key', path: [...path, key], at: 'key', message: `${JSON.stringify(key)} is not a key of ${nameOf(path)}`, hint };
}

function missingKey(path: TomlPath): DraftProblem {
  const parent = path.slice(0, -1);
  return { code: 'missing_key', path: parent, at: 'key', message: `${nameOf(parent)} has no ${JSON.stringify(path.at(-1))}` };
}

function sizeProblem(path: TomlPath, value: unknown): DraftProblem | undefined {
  if (path.at(-1) !== 'size') return undefined;
  if (typeof value !== 'bigint')
    return { code: 'size_not_integer', path, message: `size ${show(value)} is not a whole number of bytes`, hint: 'write size = 12345' };
  if (value < 0n) return { code: 'size_negative', path, message: `size ${value} is negative` };
  return { code: 'size_too_large', path, message: 'size is larger than 9007199254740991' };
}

function digestProblem(path: TomlPath, value: unknown): DraftProblem | undefined {
  if (path.at(-1) !== 'sha256') return undefined;
  const found = typeof value === 'string' ? `has ${value.length} characters` : `is ${typeOf(value)}`;
  return {
    code: 'digest_invalid',
    path,
    message: `sha256 ${show(value)} ${found}, not 64 hex digits`,
    hint: 'take it from `sha256sum` or from the source, or leave sha256 out',
  };
}

function plainProblem(issue: Issue, path: TomlPath, value: unknown): DraftProblem {
  const key = nameOf(path);
  switch (issue.code) {
    case 'invalid_type':
      return { code: 'wrong_type', path, message: `${key} must be ${typeWord(issue.expected)}, not ${typeOf(value)}` };
    case 'invalid_value': {
      const near = typeof value === 'string' ? nearest(value, issue.values.map(String)) : undefined;
      const message = `${key} is ${show(value)}; allowed: ${issue.values.map(String).join(', ')}`;
      return { code: 'invalid_value', path, message, ...(near !== undefined && { hint: `did you mean ${near}?` }) };
    }
    case 'invalid_union':
      return { code: 'wrong_type', path, message: `${key} cannot be ${typeOf(value)}` };
    case 'too_small':
      return {
        code: 'invalid_value',
        path,
        message: Array.isArray(value) ? `${key} is empty` : `${key} must be at least ${issue.minimum}`,
      };
    case 'too_big':
      return { code: 'invalid_value', path, message: `${key} must be at most ${issue.maximum}` };
    default:
      return { code: 'invalid_value', path, message: `${key}: ${issue.message}` };
  }
}

/** The last names of the path, enough to know what is meant: `files[3].size`. */
function nameOf(path: TomlPath): string {
  if (path.length === 0) return 'the manifest';
  if (path.length === 2 && (path[0] === 'models' || path[0] === 'components')) return `${path[0].slice(0, -1)} ${JSON.stringify(path[1])}`;
  const tail = path.length > 2 ? path.slice(2) : path;
  return tail.map((part, index) => (typeof part === 'number' ? `[${part}]` : index === 0 ? part : `.${part}`)).join('');
}

const TYPE_WORDS: Readonly<Record<string, string>> = {
  bigint: 'a whole number',
  number: 'a number',
  string: 'a string',
  boolean: 'true or false',
  array: 'a list',
  object: 'a table',
  record: 'a table',
};

const typeWord = (expected: string): string => TYPE_WORDS[expected] ?? expected;

function typeOf(value: unknown): string {
  if (Array.isArray(value)) return 'a list';
  if (value instanceof Date) return 'a date';
  if (typeof value === 'number') return 'a number with a decimal point';
  return typeWord(typeof value);
}

function show(value: unknown): string {
  if (typeof value === 'number' && Number.isInteger(value)) return value.toFixed(1);
  const text = typeof value === 'string' ? JSON.stringify(value) : typeof value === 'object' ? typeOf(value) : String(value);
  return text.length > 80 ? `${text.slice(0, 79)}…` : text;
}

function valueAt(value: unknown, path: TomlPath): unknown {
  let current = value;
  for (const key of path) {
    if (typeof current !== 'object' || current === null || !Object.hasOwn(current, key)) return undefined;
    current = (current as Record<string | number, unknown>)[key];
  }
  return current;
}

interface Definition {
  readonly type: string;
  readonly shape?: Readonly<Record<string, z.ZodType>>;
  readonly element?: z.ZodType;
  readonly valueType?: z.ZodType;
  readonly innerType?: z.ZodType;
  readonly in?: z.ZodType;
  readonly options?: readonly z.ZodType[];
}

const definition = (schema: z.ZodType): Definition => schema._zod.def as unknown as Definition;

/** The schema that `path` leads to; optional wrappers and unions are looked through. */
function schemaAt(schema: z.ZodType, path: TomlPath): z.ZodType | undefined {
  let current: z.ZodType | undefined = strip(schema);
  for (const key of path) {
    if (current === undefined) return undefined;
    const { shape, element, valueType } = definition(current);
    const next: z.ZodType | undefined = shape !== undefined ? shape[key] : (element ?? valueType);
    current = next === undefined ? undefined : strip(next);
  }
  return current;
}

function strip(schema: z.ZodType): z.ZodType {
  const { innerType, options } = definition(schema);
  const inner = innerType ?? options?.find((option) => definition(option).shape !== undefined);
  return inner === undefined ? schema : strip(inner);
}

const keysOf = (schema: z.ZodType | undefined): string[] => Object.keys((schema && definition(schema).shape) ?? {});
