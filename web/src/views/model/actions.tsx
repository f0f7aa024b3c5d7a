import { useSignal } from '@preact/signals';
import { ask, modelPath } from '../../api/ask.ts';
import { pins } from '../../state/models.ts';
import { attempt, tell } from '../../state/notices.ts';
import { may } from '../../state/session.ts';
import { Button } from '../../ui/button.tsx';
import { submit } from '../queue/job-actions.ts';
import type { WholeModel } from './model-view.tsx';
import { PinDialog } from './pin-dialog.tsx';
import { RemoveDialog } from './remove-dialog.tsx';

export interface ActionsProps {
  readonly whole: WholeModel;
  /** With its variant. */
  readonly modelRef: string;
  readonly refresh: () => Promise<void>;
}

export function Actions({ whole: { health }, modelRef, refresh }: ActionsProps) {
  const dialog = useSignal<'pin' | 'remove' | undefined>(undefined);
  if (!may('write')) return <p class="faint">To change anything, log in with a token of the scope write.</p>;
  const isHere = health.status !== 'NOT_PRESENT' && health.status !== 'UNKNOWN';
  const isCorrupt = health.status === 'CORRUPT';
  const isPinned = (pins.value ?? []).some(({ ref }) => ref === modelRef);
  const queue = (kind: string) => () =>
    attempt(async () => {
      const { label } = await submit({ kind, model: modelRef });
      tell({ kind: 'good', text: `${label} is queued` });
    });
  const unpin = () =>
    attempt(async () => {
      await ask(`${modelPath(modelRef)}/pin`, { method: 'DELETE' });
      tell({ kind: 'good', text: `${modelRef} is not pinned any more` });
      await pins.refresh();
    });
  const close = (): void => {
    dialog.value = undefined;
    void refresh();
  };
  return (
    <div class="row">
      {isCorrupt && (
        <Button kind="primary" onPress={queue('repair')}>
          Repair
        </Button>
      )}
      <Button kind={health.status === 'COMPLETE' || isCorrupt ? 'plain' : 'primary'} onPress={queue('ensure')}>
        Ensure
      </Button>
      {isHere && <Button onPress={queue('verify')}>Verify</Button>}
      {isPinned ? <Button onPress={unpin}>Unpin</Button> : <Button onPress={() => (dialog.value = 'pin')}>Pin…</Button>}
      {isHere && (
        <Button kind="danger" onPress={() => (dialog.value = 'remove')}>
          Remove…
        </Button>
      )}
      {dialog.value === 'pin' && <PinDialog modelRef={modelRef} onClose={close} />}
      {dialog.value === 'remove' && <RemoveDialog modelRef={modelRef} sizeBytes={health.status_detail?.total_bytes ?? 0} onClose={close} />}
    </div>
  );
}
