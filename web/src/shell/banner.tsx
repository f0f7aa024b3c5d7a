import { minuteOf } from '../../../src/util/minute-of.ts';
import { connection } from '../state/connection.ts';
import { who } from '../state/session.ts';
import { Words } from '../ui/words.tsx';

/** What holds for the whole page. */
export function Banner() {
  const line = connection.value;
  return (
    <div class="banners" role="status" aria-live="polite">
      {line.state === 'lost' && (
        <p class="banner bad">
          <strong>
            <Words text={line.problem.message} />.
          </strong>{' '}
          What you see is as it was at {minuteOf(new Date(line.sinceMs).toISOString())}; jobs go on without this page.{' '}
          <Words text={line.problem.hint} />
        </p>
      )}
      {line.state !== 'lost' && who.value?.scope === 'read' && (
        <p class="banner">
          You may look, and change nothing: {who.value.token === null ? 'no token was sent' : 'your token has the scope read'}. Log in with
          a token of the scope <code>write</code> to steer.
        </p>
      )}
    </div>
  );
}
