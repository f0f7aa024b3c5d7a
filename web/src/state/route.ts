/** Which view is meant: the part of the address after `#`, which no server is told. */
import { signal } from '@preact/signals';

export const VIEWS = ['models', 'queue', 'disk', 'node', 'log'] as const;
export type View = (typeof VIEWS)[number];
export const TITLES: Readonly<Record<View, string>> = { models: 'Models', queue: 'Queue', disk: 'Disk', node: 'Node', log: 'Log' };

export interface Route {
  readonly view: View;
  /** Of a model, with its variant. */
  readonly id?: string;
}

export function routeOf(hash: string): Route {
  const [name = '', ...rest] = hash.replace(/^#\/?/, '').split('/');
  const view = VIEWS.find((one) => one === name) ?? 'models';
  const id = decoded(rest.join('/'));
  return view === 'models' && id !== '' ? { view, id } : { view };
}

export const hrefOf = ({ view, id }: Route): string => `#/${view}${id === undefined ? '' : `/${encodeURIComponent(id)}`}`;

/** Whoever wrote the address may have written anything. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return '';
  }
}

export const route = signal<Route>(routeOf(globalThis.location?.hash ?? ''));

export function watchAddress(): void {
  addEventListener('hashchange', () => {
    route.value = routeOf(location.hash);
  });
}
