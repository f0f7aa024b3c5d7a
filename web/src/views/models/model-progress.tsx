import { formatBytes } from '../../../../src/util/format-bytes.ts';
import type { Model } from '../../api/wire.ts';
import { jobs } from '../../state/live-jobs.ts';
import { ProgressBar } from '../../ui/progress-bar.tsx';

/** How much of a model is here, while it is not all of it; of one that is coming now, as its job tells it. */
export function ModelProgress({ model: { id, state, size_bytes: total, bytes_needed: needed } }: { readonly model: Model }) {
  const job = jobs.value.find(({ model, kind, state: doing }) => model === id && kind === 'ensure' && doing === 'running');
  if (job !== undefined && job.total_bytes > 0)
    return (
      <>
        <ProgressBar done={job.done_bytes} total={job.total_bytes} label={`${id} that is here`} />
        <span class="faint amount">
          {Math.floor((100 * job.done_bytes) / job.total_bytes)} % of {formatBytes(job.total_bytes)}
        </span>
      </>
    );
  if (state === 'COMPLETE' || state === 'VERIFYING' || needed === 0) return null;
  if (needed >= total) return <span class="faint amount">{formatBytes(needed)} needed</span>;
  return (
    <>
      <ProgressBar done={total - needed} total={total} label={`${id} that is here`} kind="still" />
      <span class="faint amount">{formatBytes(needed)} needed</span>
    </>
  );
}
