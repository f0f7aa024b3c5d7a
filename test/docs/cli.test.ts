/** docs/cli.md and schemas/wan.*.json are made from the table of verbs and their documents. `npx vitest run test/docs -u` writes them. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { GROUPS, SECTIONS } from '../../src/cli/catalog.ts';
import { allVerbs } from '../../src/cli/commands/help.ts';
import { COMMON_OPTIONS } from '../../src/cli/common-options.ts';
import { EXIT_MEANINGS } from '../../src/cli/exit-statuses.ts';
import { exitRows, optionRow, usageLines, type Verb } from '../../src/cli/render/help-text.ts';
import { DOCUMENTS, schemaFiles } from '../../src/documents/all-documents.ts';
import { ERROR_CODES } from '../../src/domain/errors.ts';

const PROJECT = join(import.meta.dirname, '..', '..');
const verbs = await allVerbs();

const INTRODUCTION = `# The command line

Made from the table of verbs that also drives \`wan help\` and the completions: \`npx vitest run test/docs -u\` writes this page.

Results go to standard output, progress and logs to standard error. With \`--json\` there is exactly one JSON document on standard
output, whatever happens, a wrong command line included:

\`\`\`
{"schema":"wan.models.ensure/v1","ok":true,"data":{"results":[…]}}
{"schema":"wan.models.ensure/v1","ok":false,"error":{"code":"NO_SPACE","message":"…","hint":"…","retryable":false,"attempts":[]},"data":{"results":[…]}}
\`\`\`

\`ok\` says whether the verb did what it was asked to: \`check\` of a model that is not complete is \`"ok":true\` with
\`"complete":false\` and exit status 10. The JSON Schema of each document is in \`schemas/\`, by its name: \`schemas/wan.models.ensure.v1.json\`.
Lines of \`--progress json\` are in \`schemas/wan.event.v1.json\`. docs/errors.md lists the codes.

On a terminal tables keep to its width: columns that do not fit stand beneath their row, with their names. In a pipe or a file each row is one line.

A model is named \`name@version\`, with \`@variant\` behind it for another variant than the default one; the version may be left out
where the manifest has only one.`;

const table = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [`| ${head.join(' | ')} |`, `|${head.map(() => '---').join('|')}|`, ...rows.map((row) => `| ${row.map(cell).join(' | ')} |`)].join('\n');

const cell = (text: string): string => text.replaceAll('|', '\\|');

const optionTable = (options: readonly Parameters<typeof optionRow>[0][]): string =>
  table(
    ['Option', 'Meaning'],
    options.map(optionRow).map(([flag, text]) => [`\`${flag.trim()}\``, text]),
  );

function verbSection({ entry, command }: Verb): string {
  return [
    `### wan ${entry.name}`,
    [`${command.summary}.`, command.description ?? ''].join(' ').trim(),
    `\`\`\`\n${usageLines({ entry, command }).join('\n')}\n\`\`\``,
    ...(entry.aliases.length > 0 ? [`Also: ${entry.aliases.map((alias) => `\`${alias}\``).join(', ')}.`] : []),
    ...(command.options.length > 0 ? [optionTable(command.options)] : []),
    `\`\`\`\n${command.examples.map(({ what, command: line }) => `# ${what}\n${line}`).join('\n')}\n\`\`\``,
    `Document: \`${command.schema}\`. Exit statuses: ${exitRows(command)
      .map(([status]) => status)
      .join(', ')}.`,
  ].join('\n\n');
}

/** Of the part that begins with it; a group with many verbs has several. */
function headingOf({ entry }: Verb, title: string | undefined): readonly string[] {
  const heading = SECTIONS[entry.name] ?? title;
  return heading === undefined ? [] : [`## ${heading}`];
}

const groups = [...Object.entries(GROUPS), ['', 'This machine'] as const];
const page = [
  INTRODUCTION,
  '## Options of every verb',
  optionTable(COMMON_OPTIONS),
  '## Exit statuses',
  table(['Status', 'Meaning'], Object.entries(EXIT_MEANINGS)),
  ...groups.flatMap(([group, title]) =>
    verbs
      .filter(({ entry }) => (entry.name.includes(' ') ? entry.name.split(' ')[0] : '') === group)
      .flatMap((verb, at) => [...headingOf(verb, at === 0 ? title : undefined), verbSection(verb)]),
  ),
  '',
].join('\n\n');

describe('docs/cli.md', () => {
  it('is what the table of verbs says', async () => {
    expect(page).toContain('### wan models ensure');
    await expect(page.trimEnd().concat('\n')).toMatchFileSnapshot(join(PROJECT, 'docs', 'cli.md'));
  });
});

describe('the table of verbs', () => {
  it.each(verbs.map((verb) => [verb.entry.name, verb] as const))(
    '%s has examples that parse, a document, and known exit statuses',
    (name, { command }) => {
      expect(command.examples.length).toBeGreaterThan(0);
      expect(command.examples.every(({ command: line }) => line.includes('wan '))).toBe(true);
      expect(command.schema).toBe(`wan.${name.replace(' ', '.')}/v1`);
      expect(DOCUMENTS[command.schema]).toBeDefined();
      for (const status of command.exitStatuses) expect(EXIT_MEANINGS[status]).toBeDefined();
      expect(command.summary).toMatch(/^[A-Z].*[^.]$/);
    },
  );

  it('gives every exit status of an error a meaning', () => {
    for (const { exitCode } of Object.values(ERROR_CODES)) expect(EXIT_MEANINGS[exitCode]).toBeDefined();
  });
});

describe('schemas/', () => {
  it.each([...schemaFiles()])('%s is what the documents say', async (name, text) => {
    await expect(text).toMatchFileSnapshot(join(PROJECT, 'schemas', name));
  });

  it('holds no document that nothing prints', () => {
    const published = readdirSync(join(PROJECT, 'schemas')).filter((name) => name.startsWith('wan.'));
    expect(published.sort()).toEqual([...schemaFiles().keys()].sort());
  });
});
