/** `[tiers.cold]` of wan.toml; in the environment `cold=/mnt/hdd/wan,deep=s3://bucket/prefix`. */
import { FAST_TIER, type TierSettings } from '../domain/tiers.ts';
import { formatBytes } from '../util/format-bytes.ts';
import { formatDuration } from '../util/format-duration.ts';
import type { ParseContext, ValueType } from './value-type.ts';
import { choice, duration, path, size } from './value-types.ts';

const NAME = /^[a-z][a-z0-9_-]{0,31}$/;
const S3_URL = /^s3:\/\/[A-Za-z0-9][A-Za-z0-9._-]{0,254}(?:\/[^?#]*)?$/;
const KEYS = ['path', 'url', 'compress', 'idle', 'min_size'];
const EXAMPLE = 'a table such as [tiers.cold] with path = "/mnt/hdd/wan" or url = "s3://bucket/prefix"';

type Parsed = { readonly tier: TierSettings } | { readonly problem: string };

export const tierTable: ValueType<readonly TierSettings[]> = {
  allowed: `${EXAMPLE}, and if you like compress ("zstd" or "off"), idle ("14d") and min_size ("1G")`,
  schema: {
    type: 'object',
    propertyNames: { pattern: NAME.source },
    additionalProperties: {
      type: 'object',
      additionalProperties: false,
      properties: {
        path: { type: 'string', minLength: 1 },
        url: { type: 'string', pattern: '^s3://' },
        compress: { enum: ['zstd', 'off'] },
        idle: { type: ['string', 'number'] },
        min_size: { type: ['string', 'integer'] },
      },
      oneOf: [{ required: ['path'] }, { required: ['url'] }],
    },
  },
  parse: (raw, context) => {
    const parsed = entriesOf(raw)?.map(([name, table]) => tierOf(name, table, context));
    if (parsed === undefined) return undefined;
    const value = parsed.flatMap((one) => ('tier' in one ? [one.tier] : []));
    return value.length === parsed.length && areDistinct(value) ? { value } : undefined;
  },
  problemsOf: (raw) => {
    const context: ParseContext = { baseDir: '/', homeDir: '/', platform: 'linux' };
    const parsed = (entriesOf(raw) ?? []).map(([name, table]) => tierOf(name, table, context));
    const value = parsed.flatMap((one) => ('tier' in one ? [one.tier] : []));
    return [
      ...parsed.flatMap((one) => ('problem' in one ? [one.problem] : [])),
      ...(areDistinct(value) ? [] : ['two tiers have one name, or one place']),
    ];
  },
  show: (value) => value.map(tierText).join('; '),
};

function entriesOf(raw: unknown): readonly (readonly [string, unknown])[] | undefined {
  if (isTable(raw)) return Object.entries(raw);
  if (Array.isArray(raw) && raw.length === 0) return [];
  if (typeof raw !== 'string') return undefined;
  const words = raw.split(',').filter((word) => word.trim() !== '');
  return words.map((word) => {
    const at = word.indexOf('=');
    const place = word.slice(at + 1).trim();
    return [word.slice(0, Math.max(0, at)).trim(), S3_URL.test(place) ? { url: place } : { path: place }];
  });
}

function tierOf(name: string, raw: unknown, context: ParseContext): Parsed {
  const problem = (text: string): Parsed => ({ problem: `the tier ${JSON.stringify(name)} ${text}` });
  if (!NAME.test(name)) return problem('has no plain name: lower-case letters, digits, "_" and "-"');
  if (name === FAST_TIER) return problem('cannot be configured: that is MODELS_ROOT itself');
  if (!isTable(raw)) return problem('is no table');
  const unknown = Object.keys(raw).find((key) => !KEYS.includes(key));
  if (unknown !== undefined) return problem(`has no key ${JSON.stringify(unknown)}: ${KEYS.join(', ')}`);
  const place = placeOf(raw, context);
  if (place === undefined) return problem('needs either a path or a url such as s3://bucket/prefix');
  const compress = choice('zstd', 'off').parse(raw.compress ?? 'off', context)?.value;
  if (compress === undefined) return problem('has a compress that is neither "zstd" nor "off"');
  if (place.kind === 's3' && compress === 'zstd') return problem('is in S3, where nothing is compressed: leave compress out');
  const idle = raw.idle === undefined ? undefined : duration(1000).parse(raw.idle, context);
  if (raw.idle !== undefined && idle === undefined) return problem('has an idle that is no duration such as "14d"');
  const minSize = size(0).parse(raw.min_size ?? 0, context);
  if (minSize === undefined) return problem('has a min_size that is no size such as "1G"');
  return {
    tier: { name, place, compress: compress === 'zstd', minSizeBytes: minSize.value, ...(idle && { idleMs: idle.value }) },
  };
}

function placeOf(raw: Readonly<Record<string, unknown>>, context: ParseContext): TierSettings['place'] | undefined {
  if ((raw.path === undefined) === (raw.url === undefined)) return undefined;
  if (raw.url !== undefined) {
    return typeof raw.url === 'string' && S3_URL.test(raw.url) ? { kind: 's3', url: raw.url.replace(/\/+$/, '') } : undefined;
  }
  const parsed = path.parse(raw.path, context);
  return parsed && { kind: 'path', path: parsed.value };
}

/** Two names for one place would count on each other's bytes. */
function areDistinct(tiers: readonly TierSettings[]): boolean {
  const names = new Set(tiers.map(({ name }) => name));
  const places = new Set(tiers.map(({ place }) => (place.kind === 'path' ? place.path : place.url)));
  return names.size === tiers.length && places.size === tiers.length;
}

function tierText({ name, place, compress, idleMs, minSizeBytes }: TierSettings): string {
  const notes = [
    ...(compress ? ['zstd'] : []),
    ...(idleMs === undefined ? [] : [`idle ${formatDuration(idleMs)}`]),
    ...(minSizeBytes === 0 ? [] : [`min_size ${formatBytes(minSizeBytes)}`]),
  ];
  return `${name}: ${place.kind === 'path' ? place.path : place.url}${notes.length === 0 ? '' : ` (${notes.join(', ')})`}`;
}

const isTable = (raw: unknown): raw is Readonly<Record<string, unknown>> => typeof raw === 'object' && raw !== null && !Array.isArray(raw);
