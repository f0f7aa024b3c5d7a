import { dismiss, notices } from '../state/notices.ts';
import { Words } from './words.tsx';

/** The region is there from the start: a screen reader hears what is put into it, not that it was made. */
export const Notices = () => (
  <div class="notices" role="status" aria-live="polite">
    {notices.value.map(({ id, kind, text, hint }) => (
      <div key={id} class={`notice ${kind}`}>
        <p>
          <Words text={text} />
        </p>
        {hint !== undefined && hint !== '' && (
          <p class="hint">
            <Words text={hint} />
          </p>
        )}
        <button type="button" class="button quiet close" aria-label={`Put away: ${text}`} onClick={() => dismiss(id)}>
          <span aria-hidden="true">×</span>
        </button>
      </div>
    ))}
  </div>
);
