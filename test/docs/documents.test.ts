import { spawnSync } from 'node:child_process';
import { globSync, readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeModels } from '../../examples/quickstart/make-models.ts';
import { cloneEnvironment, furnishClone, PROJECT } from '../support/furnish-clone.ts';
import { type RunnableBlock, runnableBlocks } from './runnable-blocks.ts';

const paths = ['README.md', 'ARCHITECTURE.md', 'CONTRIBUTING.md', ...globSync(['docs/**/*.md', 'clients/*/README.md'], { cwd: PROJECT })];

const documents = paths.map((path) => ({
  path,
  text: readFileSync(join(PROJECT, path), 'utf8'),
}));

let place: string;
beforeAll(async () => {
  place = await mkdtemp(join(tmpdir(), 'wan-docs-'));
  await makeModels(join(PROJECT, 'examples', 'quickstart', 'data'));
});
afterAll(() => rm(place, { recursive: true, force: true }));

describe.each(documents.filter(({ text }) => runnableBlocks(text).length > 0))('the commands of $path', ({ path, text }) => {
  const folder = () => join(place, path.replaceAll('/', '-'));
  beforeAll(async () => {
    await furnishClone(folder());
    await writeFile(join(folder(), '.environment'), '');
  });
  it.each(runnableBlocks(text))('from line $line do what the text says', (block) => {
    const { status, output } = run(folder(), block);
    expect(status, output).toBe(block.expectedStatus);
  });
});

describe.each(documents)('the links of $path', ({ path, text }) => {
  it('lead to files that exist', () => {
    const targets = [...text.matchAll(/\]\((?!https?:|#)(?<target>[^)#\s]+)/g)].map(({ groups }) => groups?.target ?? '');
    const missing = targets.filter((target) => globSync(join(dirname(path), target), { cwd: PROJECT }).length === 0);
    expect(missing).toEqual([]);
  });
});

/** As GitHub makes them: letters, digits and dashes of a heading. */
const anchorsOf = (text: string): readonly string[] =>
  [...text.matchAll(/^#+ (?<heading>.+)$/gm)].map(({ groups }) =>
    (groups?.heading ?? '')
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
      .replaceAll(' ', '-'),
  );

it('links to a part of a page lead to a heading that is there', () => {
  const missing = documents.flatMap(({ path, text }) =>
    [...text.matchAll(/\]\((?!https?:)(?<page>[^)#\s]*)#(?<anchor>[^)\s]+)\)/g)].flatMap(({ groups }) => {
      const page = groups?.page ? join(dirname(path), groups.page) : path;
      const target = documents.find((one) => one.path === page);
      return target === undefined || anchorsOf(target.text).includes(groups?.anchor ?? '') ? [] : [`${path}: ${page}#${groups?.anchor}`];
    }),
  );
  expect(missing).toEqual([]);
});

it('the index of the documents names each of them', () => {
  const index = documents.find(({ path }) => path === 'docs/README.md')?.text ?? '';
  const pages = paths
    .filter((path) => /^docs\/[^/]+\.md$/.test(path) && path !== 'docs/README.md')
    .map((path) => path.slice('docs/'.length));
  expect(pages.filter((page) => !index.includes(`](${page})`))).toEqual([]);
});

describe('a runnable block', () => {
  it('is found by its fence, with its line and the status that it ends with', () => {
    const markdown = 'text\n```sh\nnot run\n```\n```sh run exit=5\nfalse\n```\n```ts run\nawait 1;\n```\n';
    expect(runnableBlocks(markdown)).toEqual([
      { language: 'sh', code: 'false\n', expectedStatus: 5, line: 5 },
      { language: 'ts', code: 'await 1;\n', expectedStatus: 0, line: 8 },
    ]);
  });
});

function run(folder: string, { language, code }: RunnableBlock): { status: number | null; output: string } {
  const command = language === 'sh' ? code : `node --input-type=module-typescript <<'END'\n${code}END\n`;
  // What a block has left in the background when it fails would hold its output open.
  const script = `trap 'kill $(jobs -p) 2> /dev/null || true' EXIT\nset -e -o pipefail\n. ./.environment\n${command}\nexport -p > .environment\n`;
  const { status, stdout, stderr } = spawnSync('bash', ['-c', script], { cwd: folder, encoding: 'utf8', env: cloneEnvironment(folder) });
  return { status, output: `${stdout}\n${stderr}` };
}
