/**
 * Writes what is generated from the code: JSON Schemas for editors, the key tables in the documentation, the exceptions in Python.
 * `node scripts/generate-schemas.ts`; a test compares the files with what this would write.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { LOCK_SCHEMAS } from '../src/registry/lockfile-schema.ts';
import { PROBLEM_CODES } from '../src/registry/manifest-problem.ts';
import { SCHEMAS } from '../src/registry/manifest-schema.ts';
import { pythonErrors } from './python-errors.ts';

interface GeneratedFile {
  /** Relative to the repository. */
  readonly path: string;
  readonly content: string;
}

export function generatedFiles(): GeneratedFile[] {
  return [
    { path: 'schemas/manifest.v1.json', content: `${JSON.stringify(manifestJsonSchema(), null, 2)}\n` },
    { path: 'clients/python/src/wan_models/errors.py', content: pythonErrors(readRepositoryFile('docs/errors.md')) },
    { path: 'schemas/lockfile.v1.json', content: `${JSON.stringify(lockfileJsonSchema(), null, 2)}\n` },
    ...['docs/manifest.md', 'docs/lockfile.md'].map((path) => ({ path, content: withTables(readRepositoryFile(path)) })),
  ];
}

export const readRepositoryFile = (path: string): string => readFileSync(locate(path), 'utf8');

const locate = (path: string): string => fileURLToPath(new URL(`../${path}`, import.meta.url));

function manifestJsonSchema(): object {
  const schema = jsonSchemaOf(SCHEMAS.manifest);
  const id = { type: 'string', pattern: '^[A-Za-z0-9][A-Za-z0-9._-]{0,127}@\\d+\\.\\d+\\.\\d+([-+][0-9A-Za-z.-]+)?$' };
  for (const key of ['models', 'components'])
    Object.assign((schema.properties as Record<string, object>)[key] ?? {}, { propertyNames: id });
  return { ...schema, title: 'wan-models manifest, version 1' };
}

const lockfileJsonSchema = (): object => ({ ...jsonSchemaOf(LOCK_SCHEMAS.lockfile), title: 'wan-models lockfile, version 1' });

/** TOML integers are bigints in the schema, so that 1.0 is not 1; JSON Schema calls them integer. */
function jsonSchemaOf(schema: z.ZodType): Record<string, unknown> {
  return z.toJSONSchema(schema, {
    io: 'input',
    unrepresentable: 'any',
    override: ({ zodSchema, jsonSchema }) => {
      const { def } = zodSchema._zod;
      if (def.type === 'literal' && jsonSchema.const === 1) jsonSchema.type = 'integer';
      if (def.type === 'bigint')
        Object.assign(jsonSchema, { type: 'integer' }, ...(def.checks ?? []).map((check) => boundOf(check._zod.def)));
    },
  });
}

function boundOf(check: { readonly check: string; readonly value?: unknown }): object {
  if (check.check === 'greater_than') return { minimum: Number(check.value) };
  return check.check === 'less_than' ? { maximum: Number(check.value) } : {};
}

/** Replaces what stands between `<!-- generated: name -->` and `<!-- /generated -->`. */
function withTables(page: string): string {
  return page.replace(/(<!-- generated: (\w+) -->\n)[\s\S]*?(<!-- \/generated -->)/g, (_, start: string, name: string, end: string) => {
    return `${start}${tableOf(name)}\n${end}`;
  });
}

function tableOf(name: string): string {
  if (name === 'problem_codes') return problemTable();
  const schema = Object.entries({ ...SCHEMAS, ...LOCK_SCHEMAS }).find(([key]) => key === name)?.[1];
  if (schema === undefined) throw new Error(`a page asks for a table of ${name}, which is in no schema`);
  const { properties = {}, required = [] } = jsonSchemaOf(schema) as { properties?: Record<string, JsonSchema>; required?: string[] };
  const rows = Object.entries(properties).map(([key, property]) => {
    return `| \`${key}\`${required.includes(key) ? ' (required)' : ''} | ${typeName(property)} | ${property.description ?? ''} |`;
  });
  return ['| key | type | meaning |', '|---|---|---|', ...rows].join('\n');
}

interface JsonSchema {
  readonly type?: string;
  readonly description?: string;
  readonly enum?: readonly string[];
  readonly items?: JsonSchema;
  readonly additionalProperties?: JsonSchema | boolean;
  readonly anyOf?: readonly JsonSchema[];
  readonly properties?: object;
}

function typeName(schema: JsonSchema): string {
  if (schema.enum !== undefined) return schema.enum.map((value) => `\`${value}\``).join(', ');
  if (schema.anyOf !== undefined)
    return [...new Set(schema.anyOf.map(typeName).map((name) => (name === 'integer' ? 'number' : name)))].join(' or ');
  if (schema.type === 'array') return `list of ${schema.items === undefined ? 'values' : typeName(schema.items)}s`;
  if (schema.type !== 'object') return schema.type ?? 'any';
  const isMap = schema.properties === undefined && typeof schema.additionalProperties === 'object';
  return isMap ? `table of ${typeName(schema.additionalProperties as JsonSchema)}s` : 'table';
}

function problemTable(): string {
  return [
    '| code | meaning |',
    '|---|---|',
    ...Object.entries(PROBLEM_CODES).map(([code, meaning]) => `| \`${code}\` | ${meaning.replaceAll('|', '\\|')} |`),
  ].join('\n');
}

if (import.meta.main) for (const { path, content } of generatedFiles()) writeFileSync(locate(path), content);
