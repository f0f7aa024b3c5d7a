import { useMemo } from 'preact/hooks';
import { formatBytes } from '../../../../src/util/format-bytes.ts';
import type { Disk } from '../../api/wire.ts';
import { useAnswer } from '../../state/resource.ts';
import { Empty } from '../../ui/empty.tsx';
import { Loaded } from '../../ui/loaded.tsx';
import { AreaTable } from './area-table.tsx';
import { ClassTable } from './class-table.tsx';
import { regionsOf } from './disk-tree.ts';
import { MakeRoom } from './make-room.tsx';
import { Treemap } from './treemap.tsx';

const LOOK_MS = 15_000;

export function DiskView() {
  const disk = useAnswer<Disk>('/disk', LOOK_MS);
  return (
    <>
      <h1>Disk</h1>
      <Loaded of={disk}>{(usage) => <Usage disk={usage} />}</Loaded>
      <MakeRoom onDone={() => disk.refresh()} />
    </>
  );
}

function Usage({ disk }: { readonly disk: Disk }) {
  const regions = useMemo(() => regionsOf(disk), [disk]);
  const { volume, total } = disk;
  return (
    <div class="stack">
      <Volume used={volume.total_bytes - volume.free_bytes} total={volume.total_bytes} models={total.disk_bytes} />
      {disk.models.length === 0 ? (
        <Empty title="No model is here yet">
          <p>Ensure one in the view Models, and what it takes is shown here.</p>
        </Empty>
      ) : (
        <>
          <Treemap regions={regions} />
          <AreaTable disk={disk} />
        </>
      )}
      <ClassTable disk={disk} />
    </div>
  );
}

interface VolumeProps {
  readonly used: number;
  readonly total: number;
  readonly models: number;
}

const Volume = ({ used, total, models }: VolumeProps) => (
  <div class="volume">
    <p>
      <strong>{formatBytes(models)}</strong> under MODELS_ROOT; {formatBytes(total - used)} of {formatBytes(total)} free on the volume
    </p>
    <meter min={0} max={Math.max(1, total)} value={used} high={0.9 * total} aria-label="used of the volume">
      {formatBytes(used)} used
    </meter>
  </div>
);
