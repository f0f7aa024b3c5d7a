import { formatBytes } from '../../../../src/util/format-bytes.ts';
import type { Model } from '../../api/wire.ts';
import { jobs } from '../../state/live-jobs.ts';
import { ProgressBar } from '../../ui/progress-bar.tsx';
import { doneWords, leftWords } from '../queue/job-text.ts';

/** How much of a model is here, while it is not all of it; of one that is coming now, as its job tells it. */
export function ModelProgress({ model: { id, state, size_bytes: total, bytes_needed: needed } }: { readonly model: Model }) {
  const job = jobs.value.find(({ model, kind, state: doing }) => model === id && kind === 'ensure' && doing === 'running');
  if (job !== undefined && job.total_bytes > 0)
    return (
      <>
        <span class="faint amount">{[doneWords(job), leftWords(job) && `${leftWords(job)} left`].filter(Boolean).join(', ')}</span>
        <ProgressBar done={job.done_bytes} total={job.total_bytes} label={`${id} that is here`} />
      </>
    );
  if (state === 'COMPLETE' || state === 'VERIFYING' || needed === 0) return null;
  return (
    <>
      <span class="faint amount">{formatBytes(needed)} needed</span>
      {needed < total && <ProgressBar done={total - needed} total={total} label={`${id} that is here`} kind="still" />}
    </>
  );
}
