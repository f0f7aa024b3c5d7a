import { expect, it } from 'vitest';
import { BYTE_CLASSES, type ByteSum, type DiskUsage, type ModelUsage } from '../../domain/disk-usage.ts';
import { duText } from './du-text.ts';
import { PLAIN_SCREEN } from './screen.ts';

const GIB = 2 ** 30;
const sum = (fileCount: number, diskBytes: number): ByteSum => ({
  fileCount,
  apparentBytes: diskBytes,
  allocatedBytes: diskBytes,
  diskBytes,
});
const model = (name: string, changes: Partial<ModelUsage> = {}): ModelUsage => ({
  name,
  family: 'wan22',
  path: `/models/wan22/${name}`,
  isPinned: false,
  isReadable: true,
  ...sum(3, 30 * GIB),
  uniqueBytes: 20 * GIB,
  ...changes,
});

const usage: DiskUsage = {
  root: '/models',
  total: sum(7, 51 * GIB),
  classes: BYTE_CLASSES.map((byteClass) => ({
    byteClass,
    ...(byteClass === 'live' ? sum(5, 40 * GIB) : byteClass === 'orphan' ? sum(2, 11 * GIB) : sum(0, 0)),
  })),
  models: [model('t2v-A14B@2.2.0', { isPinned: true }), model('i2v-A14B@2.2.0', { isReadable: false })],
  families: [{ name: 'wan22', ...sum(6, 40 * GIB), uniqueBytes: 40 * GIB }],
  components: [{ name: 'umt5-xxl@2.2.0', ...sum(1, 11 * GIB), uniqueBytes: 11 * GIB }],
  sharing: { hardLinkedBytes: 22 * GIB, reflinkedBytes: 0, copiedBytes: 0 },
  tiers: [],
  volume: { freeBytes: 100 * GIB, totalBytes: 500 * GIB },
};

it('shows the classes that there are with their verbs, the sum, the holders and how sharing is done', () => {
  expect(duText(PLAIN_SCREEN, usage, 'model')).toBe(`/models: 51.0 GiB on disk, 100 GiB of 500 GiB are free

CLASS   FILES  APPARENT   ON DISK  GIVEN BACK BY
live        5  40.0 GiB  40.0 GiB  wan models rm REF
orphan      2  11.0 GiB  11.0 GiB  wan models gc
total       7  51.0 GiB  51.0 GiB

MODEL           FILES  APPARENT   ON DISK    UNIQUE  NOTE
t2v-A14B@2.2.0      3  30.0 GiB  30.0 GiB  20.0 GiB  pinned
i2v-A14B@2.2.0      3  30.0 GiB  30.0 GiB  20.0 GiB  no readable record

22.0 GiB stand under further names that cost nothing: hard links
no blob is given back as long as i2v-A14B@2.2.0 has no readable record: \`wan models ensure\` or \`rm\` mends that`);
});

it('can have a line for each family or component instead', () => {
  expect(duText(PLAIN_SCREEN, usage, 'component')).toContain('COMPONENT       FILES  APPARENT   ON DISK    UNIQUE\numt5-xxl@2.2.0');
  expect(duText(PLAIN_SCREEN, usage, 'family')).toMatch(/^FAMILY +FILES .*\nwan22 +6 /m);
});

it('says where second files are copies, and what they cost', () => {
  const text = duText(PLAIN_SCREEN, { ...usage, sharing: { hardLinkedBytes: 0, reflinkedBytes: 0, copiedBytes: 22 * GIB } }, 'model');
  expect(text).toContain('second files of 22.0 GiB cost as much again: copies, since this volume has neither reflinks nor hard links');
});
