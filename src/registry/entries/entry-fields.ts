/** What a caller, an older registry or a file says of a model -> fields that may be kept, or everything that is wrong with them. Pure. */
import { MODEL_TYPES, modelTypeOf } from '../../domain/model-kinds.ts';
import { ENTRY_FIELDS, type EntryFields, type JsonObject } from '../../domain/registry-entry.ts';
import { jsonFault } from './json-fault.ts';
import { textFault } from './text-fault.ts';

export interface FieldProblem {
  /** `tags.3` */
  readonly where: string;
  readonly message: string;
}

const FIELD_LIMITS = { description: 4000, words: 100, word: 100 } as const;

export interface CleanedFields {
  readonly fields: EntryFields;
  readonly problems: readonly FieldProblem[];
}

type Cleaned = { readonly value: unknown } | { readonly problems: readonly FieldProblem[] };

/** What is absent stays so; a key that is no field is a problem. */
export function cleanFields(raw: Readonly<Record<string, unknown>>): CleanedFields {
  const known: readonly string[] = ENTRY_FIELDS;
  const strangers = Object.keys(raw).filter((key) => !known.includes(key));
  const problems = strangers.map((where): FieldProblem => ({ where, message: `is no field of a model: ${known.join(', ')}` }));
  const fields: Record<string, unknown> = {};
  for (const key of ENTRY_FIELDS) {
    if (raw[key] === undefined) continue;
    const cleaned = CLEANERS[key](raw[key], key);
    if ('problems' in cleaned) problems.push(...cleaned.problems);
    else fields[key] = cleaned.value;
  }
  return { fields, problems };
}

const CLEANERS: Readonly<Record<(typeof ENTRY_FIELDS)[number], (value: unknown, where: string) => Cleaned>> = {
  type: cleanType,
  description: (value, where) => cleanText(value, where, { max: FIELD_LIMITS.description, lines: true }),
  tags: cleanWords,
  capabilities: cleanWords,
  requirements: cleanObject,
  metadata: cleanObject,
};

const problem = (where: string, message: string): Cleaned => ({ problems: [{ where, message }] });

function cleanType(value: unknown, where: string): Cleaned {
  const type = typeof value === 'string' ? modelTypeOf(value.toLowerCase()) : undefined;
  return MODEL_TYPES.some((known) => known === type) ? { value: type } : problem(where, `is none of ${MODEL_TYPES.join(', ')}`);
}

function cleanText(value: unknown, where: string, rules: Parameters<typeof textFault>[1]): Cleaned {
  const fault = textFault(value, rules);
  return fault === undefined ? { value } : problem(where, fault);
}

/** In the order given, each once. */
function cleanWords(value: unknown, where: string): Cleaned {
  if (!Array.isArray(value)) return problem(where, 'is no list of words');
  if (value.length > FIELD_LIMITS.words) return problem(where, `has more than ${FIELD_LIMITS.words} words`);
  const faults = value.flatMap((word, at): FieldProblem[] => {
    const fault = word === '' ? 'is empty' : textFault(word, { max: FIELD_LIMITS.word });
    return fault === undefined ? [] : [{ where: `${where}.${at}`, message: fault }];
  });
  return faults.length > 0 ? { problems: faults } : { value: [...new Set(value)] };
}

function cleanObject(value: unknown, where: string): Cleaned {
  const fault = jsonFault(value);
  return fault === undefined ? { value: value as JsonObject } : problem(where, fault);
}
