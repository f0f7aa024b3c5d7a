import { absolutePath } from './absolute-path.ts';
import type { ParseContext, ValueType } from './value-type.ts';

/** Scheme, host and port -> absolute paths. */
export type OriginPaths = Readonly<Record<string, readonly string[]>>;

const PATH = { type: 'string', minLength: 1 };

/** A TOML table of paths by https:// origin; in the environment `https://host=path`, separated by commas. */
export const originPaths: ValueType<OriginPaths> = {
  allowed: 'a table such as { "https://models.example:8443" = "ca.pem" }: of each https:// origin a path, or a list of paths',
  schema: {
    type: 'object',
    propertyNames: { pattern: '^(https://)?[^/@]+/?$' },
    additionalProperties: { oneOf: [PATH, { type: 'array', items: PATH, minItems: 1 }] },
  },
  mayHoldSecret: true,
  parse: (raw, context) => {
    const entries = entriesOf(raw)?.map(([origin, paths]) => [originOf(origin), pathsOf(paths, context)] as const);
    if (entries === undefined || !entries.every(([origin, paths]) => origin !== undefined && paths !== undefined)) return undefined;
    // One of two spellings of an origin would be lost.
    if (new Set(entries.map(([origin]) => origin)).size < entries.length) return undefined;
    return { value: Object.fromEntries(entries) };
  },
  show: (value) =>
    Object.entries(value)
      .map(([origin, paths]) => `${origin}: ${paths.join(', ')}`)
      .join('; '),
};

function entriesOf(raw: unknown): readonly (readonly [string, unknown])[] | undefined {
  if (typeof raw === 'object' && raw !== null && !Array.isArray(raw)) return Object.entries(raw);
  if (typeof raw !== 'string') return undefined;
  const words = raw.split(',').filter((word) => word.trim() !== '');
  return words.map((word) => {
    const at = word.indexOf('=');
    return [word.slice(0, Math.max(0, at)).trim(), word.slice(at + 1).trim()];
  });
}

/** A host alone means https on its usual port. */
function originOf(text: string): string | undefined {
  const url = URL.parse(text.includes('://') ? text : `https://${text}`);
  const isOrigin = url?.protocol === 'https:' && url.href === `${url.origin}/`;
  return isOrigin ? url.origin : undefined;
}

function pathsOf(raw: unknown, context: ParseContext): readonly string[] | undefined {
  const paths: readonly unknown[] = Array.isArray(raw) ? raw : [raw];
  const isSound = paths.length > 0 && paths.every((path) => typeof path === 'string' && path.trim() !== '' && !path.includes('\0'));
  return isSound ? paths.map((path) => absolutePath(String(path).trim(), context)) : undefined;
}
