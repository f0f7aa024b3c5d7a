import { useEffect, useRef } from 'preact/hooks';
import { Banner } from './shell/banner.tsx';
import { Header } from './shell/header.tsx';
import { LogIn } from './shell/log-in.tsx';
import { announcement } from './state/announcements.ts';
import { route, TITLES } from './state/route.ts';
import { may, who } from './state/session.ts';
import { Notices } from './ui/notices.tsx';
import { DiskView } from './views/disk/disk-view.tsx';
import { LogView } from './views/log/log-view.tsx';
import { ModelView } from './views/model/model-view.tsx';
import { ModelsView } from './views/models/models-view.tsx';
import { NodeView } from './views/node/node-view.tsx';
import { QueueView } from './views/queue/queue-view.tsx';

export function App() {
  const main = useArrival();
  return (
    <>
      <button type="button" class="skip button primary" onClick={() => main.current?.focus()}>
        Skip to content
      </button>
      <Header />
      <Banner />
      <main ref={main} tabIndex={-1}>
        <Content />
      </main>
      <Notices />
      <p class="heard" role="status">
        {announcement.value}
      </p>
    </>
  );
}

/** Whoever comes to another view begins at its top, with eyes and ears. */
function useArrival() {
  const main = useRef<HTMLElement>(null);
  const isFirst = useRef(true);
  const { view, id } = route.value;
  useEffect(() => {
    document.title = `${id ?? TITLES[view]} · wan models`;
    if (!isFirst.current) main.current?.focus({ preventScroll: true });
    if (!isFirst.current) scrollTo(0, 0);
    isFirst.current = false;
  }, [view, id]);
  return main;
}

function Content() {
  if (who.value === undefined)
    return (
      <p class="faint" role="status">
        Asking the service…
      </p>
    );
  if (!may('read')) return <LogIn />;
  const { view, id } = route.value;
  switch (view) {
    case 'models':
      return id === undefined ? <ModelsView /> : <ModelView key={id} id={id} />;
    case 'queue':
      return <QueueView />;
    case 'disk':
      return <DiskView />;
    case 'node':
      return <NodeView />;
    case 'log':
      return <LogView />;
  }
}
