import type { duData } from '../documents/du.ts';
import type { ByteClass, ByteSum, DiskUsage, HolderUsage } from '../domain/disk-usage.ts';
import type { Wire } from './wire.ts';

/** What gives the bytes of a class back. */
export const RECLAIM: Readonly<Record<ByteClass, string | undefined>> = {
  live: 'wan models rm REF',
  shared: 'wan models rm of each model that holds them',
  pinned: 'wan models unpin REF, then wan models rm REF',
  partial: 'wan models ensure REF goes on with them; wan models gc removes dead ones',
  orphan: 'wan models gc',
  quarantine: 'wan models gc --quarantine',
  trash: 'wan models gc --purge',
  foreign: 'by hand; with its folder: wan models rm REF',
  state: undefined,
};

export const duWire = (usage: DiskUsage): Wire<typeof duData> => ({
  root: usage.root,
  total: sumWire(usage.total),
  classes: usage.classes.map(({ byteClass, ...sum }) => {
    const reclaim = RECLAIM[byteClass];
    return { class: byteClass, ...sumWire(sum), ...(reclaim !== undefined && { reclaim }) };
  }),
  models: usage.models.map((model) => ({
    ref: model.name,
    family: model.family,
    path: model.path,
    pinned: model.isPinned,
    readable: model.isReadable,
    ...sumWire(model),
    unique_bytes: model.uniqueBytes,
  })),
  families: usage.families.map(holderWire),
  components: usage.components.map(holderWire),
  sharing: {
    hard_linked_bytes: usage.sharing.hardLinkedBytes,
    reflinked_bytes: usage.sharing.reflinkedBytes,
    copied_bytes: usage.sharing.copiedBytes,
  },
  tiers: usage.tiers.map(({ name, modelCount, totalBytes, storedBytes }) => ({
    name,
    model_count: modelCount,
    total_bytes: totalBytes,
    stored_bytes: storedBytes,
  })),
  volume: { free_bytes: usage.volume.freeBytes, total_bytes: usage.volume.totalBytes },
});

const sumWire = ({ fileCount, apparentBytes, allocatedBytes, diskBytes }: ByteSum): Wire<typeof duData>['total'] => ({
  files: fileCount,
  apparent_bytes: apparentBytes,
  allocated_bytes: allocatedBytes,
  disk_bytes: diskBytes,
});

const holderWire = (holder: HolderUsage): Wire<typeof duData>['families'][number] => ({
  name: holder.name,
  ...sumWire(holder),
  unique_bytes: holder.uniqueBytes,
});
