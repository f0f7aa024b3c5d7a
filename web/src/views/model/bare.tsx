import type { ModelDetails } from '../../api/wire.ts';
import { Empty } from '../../ui/empty.tsx';
import { Facts } from '../../ui/facts.tsx';
import { Moment } from '../../ui/moment.tsx';
import { Noted } from './noted.tsx';

/** A model of the registry of which there are no files: not yet, or not any more. */
export const Bare = ({ details }: { readonly details: ModelDetails }) => (
  <div class="split">
    <div class="stack">
      <section class="card">
        <h2>What it is</h2>
        <Facts
          facts={[
            ['status', details.status],
            ['type', details.type],
            ['registered', <Moment key="registered" iso={details.created_at} isFull />],
            ['changed', <Moment key="changed" iso={details.updated_at} isFull />],
            ['removed', details.deleted_at && <Moment key="removed" iso={details.deleted_at} isFull />],
          ]}
        />
      </section>
      <Noted details={details} />
    </div>
    {details.deleted_at === null ? (
      <Empty title="It is registered, and has no files yet">
        <p>
          They are uploaded over HTTP, beginning with <code>POST /v1/uploads</code>, or come from URLs that it is registered with: see the{' '}
          <a href="/reference">reference</a>.
        </p>
      </Empty>
    ) : (
      <Empty title="It was removed">
        <p>What was noted of it is kept; its files are gone.</p>
      </Empty>
    )}
  </div>
);
