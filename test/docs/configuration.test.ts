import { readFile } from 'node:fs/promises';
import { parse } from 'smol-toml';
import { describe, expect, it } from 'vitest';
import type { ProjectRule } from '../../src/config/config-key.ts';
import { CONFIG_PROPERTIES, type ConfigProperty, configKeyOf } from '../../src/config/config-keys.ts';
import { configSchema } from '../../src/config/config-schema.ts';
import { describeBadValue } from '../../src/config/describe-bad-value.ts';
import { SECRET_NAMES } from '../../src/config/secrets.ts';

const PAGE = new URL('../../docs/configuration.md', import.meta.url);
const SCHEMA = new URL('../../schemas/config.v1.json', import.meta.url);
const page = await readFile(PAGE, 'utf8');

/** The section between the marks, made from the table of keys. `npx vitest run test/docs -u` writes it. */
function withKeys(text: string): string {
  const groups = Map.groupBy(CONFIG_PROPERTIES, (property) => configKeyOf(property).group);
  const sections = [...groups].map(([group, properties]) => [`### ${group}`, '', ...HEAD, ...properties.map(row), ''].join('\n'));
  return text.replace(
    /(<!-- generated: keys -->\n)[\s\S]*?(<!-- end generated: keys -->)/,
    (_, open, close) => `${open}\n${sections.join('\n')}\n${close}`,
  );
}

const TRUST: Readonly<Record<ProjectRule, string>> = {
  'in-force': '',
  'held-back': ' ([needs trust](#files-of-a-project))',
  'without-credentials': ' ([needs trust](#files-of-a-project) to get your credentials)',
};

const HEAD = ['| Key | Default | Meaning, and what is allowed | Environment |', '|---|---|---|---|'];

function row(property: ConfigProperty): string {
  const { key, env, type, description, addUp, fromProject = 'in-force' } = configKeyOf(property);
  const names = env.map(({ name }) => `\`${name}\``).join(addUp === true ? ' and ' : ', ');
  const allowed = `${type.allowed.charAt(0).toUpperCase()}${type.allowed.slice(1)}.`;
  const trusted = TRUST[fromProject];
  return `| \`${key}\` | ${defaultOf(property)} | ${description} *${allowed}*${trusted} | ${names} |`;
}

function defaultOf(property: ConfigProperty): string {
  const { default: value, defaultText, type } = configKeyOf(property);
  if (defaultText !== undefined) return defaultText;
  if (value === undefined) return /\boff$/.test(type.allowed) ? '`off`' : 'none';
  return Array.isArray(value) && value.length === 0 ? 'none' : `\`${type.show(value)}\``;
}

describe('docs/configuration.md', () => {
  it('lists every key as the table of keys has it', async () => {
    await expect(withKeys(page)).toMatchFileSnapshot(PAGE.pathname);
    expect(page).toContain('| `memory_budget` | `96.0 MiB` |');
  });

  it('names every secret', () => {
    for (const name of SECRET_NAMES) expect(page).toContain(`\`${name}\``);
  });

  it('shows an example that is allowed', () => {
    const [, example = ''] = /```toml\n([\s\S]*?)```/.exec(page) ?? [];
    const context = { baseDir: '/', homeDir: '/', platform: 'linux' } as const;
    const keys = new Map(CONFIG_PROPERTIES.map((property) => [configKeyOf(property).key, configKeyOf(property)]));
    const values = Object.entries(parse(example));
    expect(values.length).toBeGreaterThan(5);
    for (const [key, value] of values) expect(keys.get(key)?.type.parse(value, context), key).toBeDefined();
  });

  it('quotes the messages as they are', () => {
    expect(page).toContain(`DOWNLOAD_TIMEOUT ${describeBadValue(configKeyOf('downloadTimeoutMs'), 'soon')}`);
  });
});

describe('schemas/config.v1.json', () => {
  it('is the schema of the table of keys', async () => {
    await expect(`${JSON.stringify(configSchema(), null, 2)}\n`).toMatchFileSnapshot(SCHEMA.pathname);
  });
});

describe('the table of keys', () => {
  it('gives no environment variable to two keys, and no key twice', () => {
    const names = CONFIG_PROPERTIES.flatMap((property) => configKeyOf(property).env.map(({ name }) => name));
    const keys = CONFIG_PROPERTIES.map((property) => configKeyOf(property).key);
    expect(names).toEqual([...new Set(names)]);
    expect(keys).toEqual([...new Set(keys)]);
    for (const [index, key] of keys.entries()) expect(key, CONFIG_PROPERTIES[index]).toMatch(/^[a-z0-9]+(_[a-z0-9]+)*$/);
  });

  it('has defaults that its own rules allow', () => {
    const context = { baseDir: '/', homeDir: '/', platform: 'linux' } as const;
    for (const property of CONFIG_PROPERTIES) {
      const { type, default: value, key } = configKeyOf(property);
      if (value === undefined) continue;
      const written = typeof value === 'number' && key !== 'connections' ? type.show(value).replaceAll(' ', '') : value;
      expect(type.parse(written, context)?.value, key).toEqual(value);
    }
  });
});
