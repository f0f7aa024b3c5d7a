import { useSignal } from '@preact/signals';
import { may } from '../../state/session.ts';
import { Empty } from '../../ui/empty.tsx';
import { Select } from '../../ui/field.tsx';
import { AuditLines } from './audit-lines.tsx';
import { ServiceLines } from './service-lines.tsx';

const CHOICES = [
  { value: 'acts', text: 'acts: what changed, by whomever' },
  { value: 'service', text: 'service: what this service says of its work' },
];

export function LogView() {
  const shown = useSignal('acts');
  return (
    <>
      <h1>Log</h1>
      {may('admin') ? (
        <>
          <div class="row room">
            <Select label="Lines of" value={shown.value} choices={CHOICES} onPick={(value) => (shown.value = value)} />
          </div>
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
