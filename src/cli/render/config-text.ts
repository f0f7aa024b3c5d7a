import type { Origin } from '../../config/config.ts';
import type { ConfigLine } from '../../config/describe-config.ts';
import { paint } from './paint.ts';
import type { Screen } from './screen.ts';
import { table } from './table.ts';

export function configText(screen: Screen, lines: readonly ConfigLine[]): string {
  const rows = lines.map(({ key, shown, origin }) => {
    const from = originText(origin);
    return [key, shown, origin.from === 'default' ? paint(screen, 'dim', from) : from];
  });
  return table(screen, [{ title: 'KEY' }, { title: 'VALUE' }, { title: 'FROM' }], rows);
}

/** `default`, `flag`, `env MODELS_ROOT`, `wan.toml:3:1`. */
export function originText({ from, where }: Origin): string {
  if (where === undefined) return from;
  return from === 'file' ? where : `${from} ${where}`;
}
