/** gc of the built command, as people see it and as programs read it. */
import { spawn } from 'node:child_process';
import { existsSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { documentOf, eventsOf } from '../support/document.ts';
import { type ModelWorld, modelFixture } from '../support/model-fixture.ts';
import { isInstalled } from '../support/real-server.ts';
import { WAN } from '../support/wan-command.ts';

const OLD = 'old-tiny@1.0.0';
const NEW = 'new-tiny@1.0.0';
const DAY_MS = 86_400_000;

interface Data {
  readonly dry_run: boolean;
  readonly reclaimed_bytes: number;
  readonly items: readonly { readonly kind: string; readonly what: string; readonly action: string; readonly reason: string }[];
  readonly targets: readonly object[];
}

/** Two models, of which one was not used for forty days. */
async function twoModels(trashTtl = '0'): Promise<ModelWorld> {
  const world = await modelFixture({
    models: { [OLD]: { files: { a: Buffer.alloc(200_000, 1) } }, [NEW]: { files: { b: Buffer.alloc(300_000, 2) } } },
    env: { WAN_TRASH_TTL: trashTtl },
  });
  for (const id of [OLD, NEW]) expect((await world.cli(['models', 'ensure', id])).code).toBe(0);
  const then = (Date.now() - 40 * DAY_MS) / 1000;
  utimesSync(join(world.modelsRoot, '.state', 'access', `wan22@${OLD}`), then, then);
  return world;
}

/** Whether this user may look into all programs is the machine's affair. */
const withoutHidden = (text: string): string => text.replace(/^\d+ programs? could not be looked into .*\n\n/m, '');

describe('wan models gc', () => {
  it('shows with --dry-run what -y then does', async () => {
    const world = await twoModels();
    const dry = await world.cli(['models', 'gc', '--older-than', '30d', '--dry-run']);
    expect(dry.code).toBe(0);
    expect(withoutHidden(dry.stdout)).toBe(
      [
        'would be removed:',
        '   MODEL             FREES  WHY',
        'x  old-tiny@1.0.0  195 KiB  not used for 40 d (--older-than)',
        '',
        'would be kept:',
        '   MODEL             FREES  WHY',
        '-  new-tiny@1.0.0  293 KiB  no rule asks for it',
        '',
        '195 KiB would be freed, 293 KiB of models kept',
        '',
      ].join('\n'),
    );
    expect(existsSync(world.modelDir(OLD))).toBe(true);
    const done = await world.cli(['models', 'gc', '--older-than', '30d', '-y']);
    expect(withoutHidden(done.stdout)).toMatch(
      /^removed:\n.*old-tiny@1\.0\.0 +195 KiB.*\n\nkept:\n.*new-tiny@1\.0\.0.*\n\n195 KiB freed, 293 KiB of models kept\n$/s,
    );
    expect([existsSync(world.modelDir(OLD)), existsSync(world.modelDir(NEW))]).toEqual([false, true]);
  });

  it('says what went to the trash, when that is freed, and how to have it at once', async () => {
    const world = await twoModels('2h');
    const done = await world.cli(['models', 'gc', '--older-than', '30d', '-y']);
    expect(withoutHidden(done.stdout)).toMatch(/^moved to the trash:\n.*\n~ +old-tiny@1\.0\.0 +195 KiB .*\n\nkept:\n/);
    expect(done.stdout).toMatch(/\n0 B freed, 195 KiB to be freed on \S+ \S+Z \(now with --purge\), 293 KiB of models kept\n$/);
    const purged = await world.cli(['models', 'gc', '--purge', '-y', '--json']);
    const { data } = documentOf<Data>(purged.stdout);
    expect(data).toMatchObject({ reclaimed_bytes: 200_000, items: [{ kind: 'trash', what: OLD, action: 'remove', reason: 'asked' }, {}] });
  });

  it('prints one document with --json, and its events with --progress json', async () => {
    const world = await twoModels();
    const dry = documentOf<Data>((await world.cli(['models', 'gc', '--max-size', '300K', '--dry-run', '--json'])).stdout);
    expect(dry).toMatchObject({ schema: 'wan.models.gc/v1', ok: true, data: { dry_run: true, reclaimed_bytes: 0, remove_bytes: 200_000 } });
    const ran = await world.cli(['models', 'prune', '--max-size', '300K', '-y', '--json', '--progress', 'json']);
    const done = documentOf<Data>(ran.stdout);
    expect(done.data).toMatchObject({ dry_run: false, reclaimed_bytes: 200_000, targets: [{ kind: 'max_size', short_bytes: 0 }] });
    expect(done.data.items[0]).toMatchObject({ kind: 'model', what: OLD, action: 'remove', reason: 'max_size' });
    expect(eventsOf(ran.stderr).map(({ type }) => type)).toEqual(['gc.started', 'gc.removed', 'gc.finished']);
  });

  it('asks for -y where there is nobody to ask, and removes nothing', async () => {
    const world = await twoModels();
    for (const flags of [[], ['--json']]) {
      const ran = await world.cli(['models', 'gc', '--older-than', '1d', ...flags]);
      expect(ran.code).toBe(2);
      const again = ['wan models gc --older-than 1d', ...flags, '-y'].join(' ');
      expect(ran.stderr).toMatch(/^error: INVALID_INPUT wan models gc removes files/);
      expect(ran.stderr).toContain(`\nhint: write \`${again}\`,`);
    }
    expect(existsSync(world.modelDir(OLD))).toBe(true);
  });

  it('ends with 6 where it cannot free what was asked for, and says what stands in the way', async () => {
    const world = await twoModels();
    await world.cli(['models', 'pin', NEW, '--reason', 'serves']);
    const ran = await world.cli(['models', 'gc', '--max-size', '100K', '-y']);
    expect(ran.code).toBe(6);
    expect(ran.stdout).toMatch(/new-tiny@1\.0\.0 +293 KiB +pinned by .*: serves\n/);
    expect(ran.stderr).toMatch(/^error: NO_SPACE 193 KiB more should have gone, and nothing else may\nhint: .*wan models unpin/);
    expect(existsSync(world.modelDir(NEW))).toBe(true);
  });

  it.runIf(process.platform !== 'win32' && isInstalled('script')).each([
    ['y', true],
    ['n', false],
  ])('asks at a terminal, and %s is taken for an answer', async (answer, isRemoved) => {
    const world = await twoModels();
    const line = `"${process.execPath}" "${WAN}" models gc --older-than 30d`;
    const child = spawn('script', ['-qec', line, '/dev/null'], {
      cwd: world.directory,
      env: { ...world.env, TERM: 'xterm', COLUMNS: '100' },
    });
    let shown = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      if (!shown.includes('[y/N]') && (shown + text).includes('[y/N]')) child.stdin.write(`${answer}\n`);
      shown += text;
    });
    await new Promise((resolve) => child.once('close', resolve));
    expect(shown).toContain('would be removed:');
    expect(shown).toContain(isRemoved ? '195 KiB freed' : 'nothing was removed');
    expect(existsSync(world.modelDir(OLD))).toBe(!isRemoved);
  });
});
