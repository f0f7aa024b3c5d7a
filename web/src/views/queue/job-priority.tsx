import type { Job } from '../../api/wire.ts';
import { attempt } from '../../state/notices.ts';
import { may } from '../../state/session.ts';
import { Select } from '../../ui/field.tsx';
import { setPriority } from './job-actions.ts';

const NAMED = [
  { value: '10', text: 'high' },
  { value: '0', text: 'normal' },
  { value: '-10', text: 'low' },
];

const textOf = (priority: number): string => NAMED.find(({ value }) => value === String(priority))?.text ?? String(priority);

/** Higher ones run first; one that was set to another number elsewhere keeps it. */
export function JobPriority({ job }: { readonly job: Job }) {
  if (!may('write')) return <>{textOf(job.priority)}</>;
  const value = String(job.priority);
  const choices = NAMED.some((one) => one.value === value) ? NAMED : [...NAMED, { value, text: value }];
  return (
    <Select
      label={`Priority of ${job.label}`}
      isBare
      value={value}
      choices={choices}
      onPick={(picked) => void attempt(() => setPriority(job, Number(picked)))}
    />
  );
}
