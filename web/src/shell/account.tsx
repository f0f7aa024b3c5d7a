import { useSignal } from '@preact/signals';
import { attempt } from '../state/notices.ts';
import { logOut, may, who } from '../state/session.ts';
import { Button } from '../ui/button.tsx';
import { Dialog } from '../ui/dialog.tsx';
import { Name } from '../ui/name.tsx';
import { LogInForm } from './log-in-form.tsx';

/** Who one is here, and how to be somebody else. */
export function Account() {
  const isAsking = useSignal(false);
  if (who.value === undefined || !may('read')) return null;
  const { token, scope } = who.value;
  return (
    <span class="account">
      <span class="who">
        {token === null ? 'no token' : <Name text={token.name} />} <span class="scope">{scope}</span>
      </span>
      {token === null ? (
        <Button onPress={() => (isAsking.value = true)}>Log in</Button>
      ) : (
        <Button onPress={() => attempt(logOut)}>Log out</Button>
      )}
      {isAsking.value && (
        <Dialog title="Log in" onClose={() => (isAsking.value = false)}>
          <LogInForm onDone={() => (isAsking.value = false)} onCancel={() => (isAsking.value = false)} />
        </Dialog>
      )}
    </span>
  );
}
