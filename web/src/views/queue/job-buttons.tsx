import type { Job } from '../../api/wire.ts';
import { attempt } from '../../state/notices.ts';
import { Button } from '../../ui/button.tsx';
import { act, actionsOf } from './job-actions.ts';

const NAMES = { pause: 'Pause', resume: 'Resume', cancel: 'Cancel', retry: 'Try again' } as const;

export const JobButtons = ({ job }: { readonly job: Job }) => (
  <span class="row">
    {actionsOf(job).map((action) => (
      <Button
        key={action === 'resume' ? 'pause' : action}
        label={`${NAMES[action]} ${job.label}`}
        onPress={() => attempt(() => act(job, action))}
      >
        {NAMES[action]}
      </Button>
    ))}
  </span>
);
