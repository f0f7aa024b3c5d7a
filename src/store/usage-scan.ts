/**
 * What lies under the root, inode by inode, with everything that holds it: the ground for `du` and for quotas. Reads names, sizes and
 * records, follows no link, changes nothing. What vanishes meanwhile is not there. Others in the process have their turn now and then.
 */
import { breather } from '../util/breather.ts';
import type { StoreContext } from './context.ts';
import { InodeTally } from './inode-tally.ts';
import { liveIntents } from './intents.ts';
import { keptDigests } from './kept-trash.ts';
import { listNames } from './list-names.ts';
import { isHolding, readPin } from './pins.ts';
import type { SnapshotRecord } from './snapshot-record.ts';
import { digestsIn, listSnapshots, readSnapshot } from './snapshots.ts';
import { trashEntries } from './sweep.ts';
import type { ScannedModel, UsageScan } from './usage-types.ts';
import { walkUsage } from './usage-walk.ts';

export async function scanUsage(context: StoreContext): Promise<UsageScan> {
  const models: ScannedModel[] = [];
  const tally = new InodeTally(context, { trashed: trashedDigests(context), wanted: await wantedDigests(context) });
  const breathe = breather();
  for (const directory of listSnapshots(context)) {
    const record = readSnapshot(context, directory);
    models.push(scannedModel(context, directory, record));
    tally.expect(record?.files ?? []);
    const pause = breathe();
    if (pause !== undefined) await pause;
  }
  tally.isAnyUnreadable = models.some(({ ref }) => ref === undefined) || keptDigests(context).unreadable.length > 0;
  await walkUsage(context.resolver.root, models, tally);
  return { models, inodes: tally.inodes() };
}

function scannedModel(context: StoreContext, directory: string, record: SnapshotRecord | undefined): ScannedModel {
  const [family = '', name = ''] = context.resolver.relative(directory).split('/');
  const pin = readPin(context, `${family}@${name}`);
  const digests = record?.files.map(({ sha256 }) => sha256) ?? [];
  return { directory, family, isPinned: pin !== undefined && isHolding(pin), ...(record && { ref: record.ref }), digests };
}

function trashedDigests(context: StoreContext): ReadonlySet<string> {
  const { resolver } = context;
  const folders = trashEntries(context).map((entry) => resolver.trashDir(entry));
  return new Set(folders.flatMap((folder) => listNames(folder).flatMap((name) => digestsIn(context, resolver.modelFile(folder, name)))));
}

const wantedDigests = async (context: StoreContext): Promise<ReadonlySet<string>> =>
  new Set((await liveIntents(context)).flatMap(({ digests }) => digests));
