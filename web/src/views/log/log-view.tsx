import { useSignal } from '@preact/signals';
import { may } from '../../state/session.ts';
import { type Chip, Chips } from '../../ui/chips.tsx';
import { Empty } from '../../ui/empty.tsx';
import { AuditLines } from './audit-lines.tsx';
import { ServiceLines } from './service-lines.tsx';

type Shown = 'acts' | 'service';

const CHOICES: readonly Chip<Shown>[] = [
  { value: 'acts', head: 'Acts', text: 'what changed, by whomever' },
  { value: 'service', head: 'Service', text: 'what this service says of its work' },
];

export function LogView() {
  const shown = useSignal<Shown>('acts');
  return (
    <>
      <h1>Log</h1>
      {may('admin') ? (
        <>
          <Chips label="Lines shown" class="room-below" chips={CHOICES} chosen={shown.value} onPick={(value) => (shown.value = value)} />
          {shown.value === 'acts' ? <AuditLines /> : <ServiceLines />}
        </>
      ) : (
        <Empty title="The log names users and machines">
          <p>To read it, log in with a token of the scope admin. What was done lately is in the view Queue, too.</p>
        </Empty>
      )}
    </>
  );
}
