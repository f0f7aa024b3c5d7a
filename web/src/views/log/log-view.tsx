import { useSignal } from '@preact/signals';
import { may } from '../../state/session.ts';
import { Empty } from '../../ui/empty.tsx';
import { AuditLines } from './audit-lines.tsx';
import { ServiceLines } from './service-lines.tsx';

const CHOICES = [
  { value: 'acts', name: 'Acts', what: 'what changed, by whomever' },
  { value: 'service', name: 'Service', what: 'what this service says of its work' },
];

export function LogView() {
  const shown = useSignal('acts');
  return (
    <>
      <h1>Log</h1>
      {may('admin') ? (
        <>
          {/* biome-ignore lint/a11y/useSemanticElements: a fieldset is for fields, and these are buttons. */}
          <div class="chips room-below" role="group" aria-label="Lines shown">
            {CHOICES.map(({ value, name, what }) => (
              <button key={value} type="button" class="chip" aria-pressed={shown.value === value} onClick={() => (shown.value = value)}>
                <strong>{name}</strong> {what}
              </button>
            ))}
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
