/** Patterns as the Hub's own client reads them: its function is asked about thousands that nobody thought of. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { compileGlob } from '../../src/util/glob.ts';
import { HUB_PYTHON, hubPython } from '../support/hub-client.ts';
import { describeWithReal } from '../support/real-server.ts';
import { tempDir } from '../support/temp-dir.ts';

const ORDINARY = ['a', 'b', 'c', 'A', '-', '!', '^', ']', '[', '/', '.', '&', '~', '|', ' ', 'ä', '😀', '\ue000'];
const text = (of: readonly string[], maxLength: number) => fc.string({ unit: fc.constantFrom(...of), maxLength });
const anything = text([...ORDINARY, '*', '?', '\\'], 9);
const withSet = fc.tuple(anything, text(['a', 'b', 'c', '-', '-', '!', '^', ']', '[', '&', '~', '\\'], 6), anything);
const patterns = fc.oneof(
  anything,
  withSet.map(([before, set, after]) => `${before}[${set}]${after}`),
);
const paths = text(ORDINARY, 6).filter((path) => path !== '');

const CLIENT = `
import json, sys
from huggingface_hub.utils import filter_repo_objects
patterns, paths = json.load(open(sys.argv[1]))
print(json.dumps([list(filter_repo_objects(paths, allow_patterns=[pattern])) for pattern in patterns]))`;

describeWithReal("patterns and the Hub's client", {
  needs: [HUB_PYTHON],
  suite: () => {
    it('let the same paths through', async () => {
      const folder = await tempDir();
      const asked = [fc.sample(patterns, 3000), [...new Set(fc.sample(paths, 200)), ...ORDINARY]] as const;
      writeFileSync(join(folder, 'asked.json'), JSON.stringify(asked));
      const { code, stdout, stderr } = await hubPython(CLIENT, [join(folder, 'asked.json')], { cache: folder });
      expect(code, stderr).toBe(0);
      const [globs, names] = asked;
      const theirs = JSON.parse(stdout) as string[][];
      const differing = globs.filter((glob, index) => JSON.stringify(names.filter(compileGlob(glob))) !== JSON.stringify(theirs[index]));
      expect(differing).toEqual([]);
    });
  },
});
