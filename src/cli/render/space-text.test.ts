import { expect, it } from 'vitest';
import type { SpaceVerdict } from '../../domain/space.ts';
import { PLAIN_SCREEN } from './screen.ts';
import { spaceText } from './space-text.ts';

const GIB = 2 ** 30;
const fitting: SpaceVerdict = {
  writeBytes: 5 * GIB,
  secondCopyBytes: 0,
  marginBytes: GIB,
  neededBytes: 6 * GIB,
  freeBytes: 10 * GIB,
  reservedBytes: 0,
  shortfallBytes: 0,
  quotas: [],
};

it('says what is needed and there', () => {
  expect(spaceText(PLAIN_SCREEN, fitting)).toBe('together  6.0 GiB of free space, margin included; there are 10.0 GiB');
  expect(spaceText(PLAIN_SCREEN, { ...fitting, writeBytes: 0, neededBytes: 0 })).toBe('');
});

it('says what is short, in each quota too, and what could go', () => {
  const quota = { quotaBytes: 20 * GIB, usedBytes: 18 * GIB, reservedBytes: GIB, neededBytes: 5 * GIB, shortfallBytes: 4 * GIB };
  const short: SpaceVerdict = {
    ...fitting,
    secondCopyBytes: 2 * GIB,
    reservedBytes: 8 * GIB,
    shortfallBytes: 4 * GIB,
    quotas: [
      { scope: 'total', ...quota },
      { scope: 'family', family: 'wan22', ...quota, shortfallBytes: 0 },
    ],
    reclaimable: { orphanBytes: GIB, trashBytes: GIB, quarantineBytes: 0, modelBytes: 7 * GIB },
  };
  const last = (verdict: SpaceVerdict) => spaceText(PLAIN_SCREEN, verdict).split('\n').at(-1);
  expect(last({ ...short, room: { removes: ['a@1.0.0', 'b@1.0.0'] } })).toBe('makes room      yes: removes a@1.0.0, b@1.0.0');
  expect(last({ ...short, room: { removes: [] } })).toBe('makes room      yes: removes nothing but what nobody needs');
  expect(last({ ...short, room: { removes: [], inTheWay: '1 pinned (9 GiB)' } })).toBe(
    'makes room      no: garbage collection could not free enough: 1 pinned (9 GiB)',
  );
  expect(spaceText(PLAIN_SCREEN, short).split('\n')).toEqual([
    'together        6.0 GiB of free space, margin and 2.0 GiB of second copies included; there are 10.0 GiB, 8.0 GiB of them reserved by other commands: 4.0 GiB short',
    'quota           5.0 GiB more; 18.0 GiB of 20.0 GiB are used, 1.0 GiB reserved by other commands: 4.0 GiB short',
    'quota of wan22  5.0 GiB more; 18.0 GiB of 20.0 GiB are used, 1.0 GiB reserved by other commands',
    'could go        2.0 GiB that nobody needs, 7.0 GiB of models that are not pinned: `wan models gc`, `wan models du`',
  ]);
});
