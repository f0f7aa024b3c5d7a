/** One cache for two languages: the Python client finds what we wrote under the same name, to the byte, and the other way round. */
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import type { Dtype } from '../../src/formats/dtype.ts';
import type { EmbeddingTensors } from '../../src/pipeline/embedding-cache/embedding.ts';
import { cacheIn, keyOf, plainTensors, tensorsOf } from '../../src/pipeline/embedding-cache/fixtures/embeddings.ts';
import { FTFY_PYTHON } from '../support/ftfy-python.ts';
import { describeWithReal } from '../support/real-server.ts';
import { tempDir } from '../support/temp-dir.ts';

const PROJECT = join(import.meta.dirname, '..', '..');
const SCRIPT = join(PROJECT, 'test', 'support', 'embeddings.py');
const ENVIRONMENT = { ...process.env, PYTHONPATH: join(PROJECT, 'clients', 'python', 'src'), PYTHONDONTWRITEBYTECODE: '1' };
const EXTRA = { lora: 'none', by: 'a "quoted" \\ name' };
const PROMPTS = [
  'a cat',
  '',
  '“a  cat”，ﬁne &amp;amp; sÃ³',
  '猫在草地上，微笑。😀',
  'two\nlines <b>&EACUTE;</b>',
  'sch\u00c3\u00b6n &notit;',
  'e\u0301 \x1c \x85 ',
];

const key = (prompt: string) => keyOf(prompt, { extra: EXTRA });
const place = async (): Promise<string> => join(await tempDir(), 'embeddings');
const python = (args: readonly string[], input = ''): string =>
  execFileSync(FTFY_PYTHON, [SCRIPT, ...args], { env: ENVIRONMENT, input, encoding: 'utf8' });

type Shown = Readonly<Record<string, readonly [Dtype, number[], string]>>;

const show = (tensors: EmbeddingTensors): string =>
  JSON.stringify(
    Object.fromEntries(
      Object.entries(tensors).map(([name, { dtype, shape, bytes }]) => [name, [dtype, shape, Buffer.from(bytes).toString('hex')]]),
    ),
  );

const shown = (json: string): unknown =>
  Object.fromEntries(
    Object.entries(JSON.parse(json) as Shown).map(([name, [dtype, shape, hex]]) => [
      name,
      { dtype, shape, bytes: Buffer.from(hex, 'hex') },
    ]),
  );

const entriesIn = (directory: string): string[] => readdirSync(directory).filter((name) => name.endsWith('.safetensors'));

describeWithReal('the embedding cache of the Python client', {
  needs: [FTFY_PYTHON],
  suite: () => {
    it('has the same names for the same prompts, however they are written', async () => {
      const directory = await place();
      const { cache } = cacheIn(directory);
      const names = python([directory, 'ids'], PROMPTS.map((prompt) => JSON.stringify(prompt)).join('\n'))
        .trim()
        .split('\n');
      expect(new Set(names).size).toBe(PROMPTS.length);
      for (const [at, prompt] of PROMPTS.entries()) {
        await cache.clear();
        await cache.put(key(prompt), tensorsOf(at));
        expect(entriesIn(directory)).toEqual([`${names[at]}.safetensors`]);
      }
    });

    it('writes the same bytes', async () => {
      const [ours, theirs] = [await place(), await place()];
      await cacheIn(ours).cache.put(key('a cat'), tensorsOf(3));
      python([theirs, 'put', 'a cat'], show(tensorsOf(3)));
      const [name = ''] = entriesIn(ours);
      expect(entriesIn(theirs)).toEqual([name]);
      expect(readFileSync(join(theirs, name)).equals(readFileSync(join(ours, name)))).toBe(true);
    });

    it('gives back what we stored, and we what it stored', async () => {
      const directory = await place();
      const { cache, warnings } = cacheIn(directory);
      await cache.put(key('a cat'), tensorsOf(1));
      expect(shown(python([directory, 'get', ' a  cat ']))).toEqual(plainTensors(tensorsOf(1)));
      python([directory, 'put', 'a dog'], show(tensorsOf(2)));
      expect(plainTensors(await cache.get(key('a dog')))).toEqual(plainTensors(tensorsOf(2)));
      expect(python([directory, 'get', 'a bird'])).toBe('null\n');
      expect(warnings).toEqual([]);
    });

    it.each(['python', 'node'])('waits, and is waited for: %s computes once for both', async (first) => {
      const directory = await place();
      const log = join(await tempDir(), 'computed');
      const ours = { computed: 0 };
      const ask = () =>
        cacheIn(directory).cache.getOrCompute(key('a cat'), async () => {
          ours.computed++;
          await sleep(3000);
          return tensorsOf(4);
        });
      const early = first === 'node' ? ask() : undefined;
      const child = spawn(FTFY_PYTHON, [SCRIPT, directory, 'once', 'a cat', log], {
        env: ENVIRONMENT,
        stdio: ['pipe', 'pipe', 'inherit'],
      });
      const answer = text(child.stdout);
      child.stdin.end(show(tensorsOf(4)));
      if (first === 'python') while (readdirSync(join(log, '..')).length === 0) await sleep(5);
      const [mine] = await Promise.all([early ?? ask(), once(child, 'close')]);
      expect(plainTensors(mine)).toEqual(plainTensors(tensorsOf(4)));
      expect(shown(await answer)).toEqual(plainTensors(tensorsOf(4)));
      expect([ours.computed, readdirSync(join(log, '..')).length]).toEqual(first === 'node' ? [1, 0] : [0, 1]);
    });
  },
});
