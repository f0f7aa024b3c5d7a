import { formatBytes } from '../../../../src/util/format-bytes.ts';
import { pins } from '../../state/models.ts';
import { ErrorWords } from '../../ui/error-words.tsx';
import { Facts } from '../../ui/facts.tsx';
import { Moment } from '../../ui/moment.tsx';
import { Name } from '../../ui/name.tsx';
import type { WholeModel } from './model-view.tsx';

export function About({ whole: { details, health } }: { readonly whole: WholeModel }) {
  const { status_detail: status } = health;
  const pin = (pins.value ?? []).find(({ ref }) => ref === (status?.ref ?? details.id));
  const until = pin?.until === undefined ? '' : `, until ${pin.until.slice(0, 10)}`;
  const proofs = Object.entries(status?.proofs ?? {}).map(([level, count]) => `${level} (${count} ${count === 1 ? 'file' : 'files'})`);
  return (
    <section class="card">
      <h2>What it is</h2>
      <Facts
        facts={[
          [
            'size',
            `${formatBytes(status?.total_bytes ?? details.size_bytes)} in ${health.files.length} ${health.files.length === 1 ? 'file' : 'files'}`,
          ],
          ['needed', health.bytes_needed === 0 ? undefined : formatBytes(health.bytes_needed)],
          ['held', health.bytes_held === 0 ? undefined : `${formatBytes(health.bytes_held)} of unfinished downloads`],
          ['proof', proofs.length > 0 ? proofs.join(', ') : details.proof],
          ['last verified', <Moment key="verified" iso={health.last_verified} isFull />],
          [
            'pinned',
            pin &&
              `${pin.state}${until}${pin.reason === undefined ? '' : `: ${pin.reason}`}${pin.by === undefined ? '' : `, by ${pin.by}`}`,
          ],
          ['tier', status?.tier],
          ['in use by', status?.holder && `${status.holder.doing}, pid ${status.holder.pid} on ${status.holder.host}`],
          ['family', details.family],
          ['type', details.type],
          ['overlays', details.overlays.join(', ')],
          [
            'path',
            health.local_path && (
              <span key="path" class="mono">
                <Name text={health.local_path} />
              </span>
            ),
          ],
          [
            'spec',
            details.spec_digest && (
              <span key="spec" class="mono" title={details.spec_digest}>
                {details.spec_digest.slice(0, 12)}
              </span>
            ),
          ],
          ['error', health.error && <ErrorWords key="error" error={health.error} />],
        ]}
      />
    </section>
  );
}
