import { connection } from '../state/connection.ts';
import { jobs } from '../state/live-jobs.ts';
import { hrefOf, route, TITLES, VIEWS } from '../state/route.ts';
import { may } from '../state/session.ts';
import { THEMES, type Theme, theme } from '../state/theme.ts';
import { Select } from '../ui/field.tsx';
import { Account } from './account.tsx';

const THEME_NAMES: Readonly<Record<Theme, string>> = { auto: 'System', light: 'Light', dark: 'Dark' };

export function Header() {
  return (
    <header class="bar-top">
      <span class="brand">
        <svg viewBox="0 0 32 32" width="22" height="22" aria-hidden="true" focusable="false">
          <path d="M6 10l5 13 5-11 5 11 5-13" />
        </svg>
        wan <span class="faint">models</span>
      </span>
      {may('read') && <Views />}
      <span class="tools">
        {(may('read') || connection.value.state === 'lost') && <Line />}
        <Select
          label="Colours"
          isBare
          value={theme.value}
          choices={THEMES.map((value) => ({ value, text: THEME_NAMES[value] }))}
          onPick={(value) => (theme.value = value as Theme)}
        />
        <Account />
      </span>
    </header>
  );
}

function Views() {
  const active = jobs.value.filter(({ state }) => state === 'running' || state === 'queued').length;
  return (
    <nav aria-label="Views">
      {VIEWS.map((view) => (
        <a key={view} href={hrefOf({ view })} aria-current={route.value.view === view ? 'page' : undefined}>
          {TITLES[view]}
          {view === 'queue' && active > 0 && (
            <span class="count">
              {active}
              <span class="heard"> jobs under way</span>
            </span>
          )}
        </a>
      ))}
    </nav>
  );
}

const WORDS = { connecting: 'Connecting', live: 'Live', lost: 'Lost' } as const;

function Line() {
  const { state } = connection.value;
  return (
    <span class={`line ${state}`} role="status">
      <span class="heard">Connection: </span>
      {WORDS[state]}
    </span>
  );
}
