import type { Origin } from '../../config/config.ts';
import type { ConfigLine } from '../../config/describe-config.ts';
import type { configTrustData } from '../../documents/machine.ts';
import type { Wire } from '../../wire/wire.ts';
import { mark, paint } from './paint.ts';
import type { Screen } from './screen.ts';
import { table } from './table.ts';

export function configText(screen: Screen, lines: readonly ConfigLine[]): string {
  const rows = lines.map(({ key, shown, origin }) => {
    const from = originText(origin);
    return [key, shown, origin.from === 'default' ? paint(screen, 'dim', from) : from];
  });
  const notes = lines.flatMap(({ key, origin, heldBack }) => {
    if (heldBack !== undefined) return [`${key} = ${heldBack.shown} of ${originText(heldBack.origin)} is held back`];
    return origin.untrusted === undefined ? [] : [`${key} of ${originText(origin)} gets no credential but those that were stored for it`];
  });
  const shown = table(screen, [{ title: 'KEY' }, { title: 'VALUE', most: 24 }, { title: 'FROM', flows: true }], rows);
  if (notes.length === 0) return shown;
  const marked = [...notes, "a project's files say so: to trust them as they are now, run `wan config trust`"];
  return [shown, '', ...marked.map((note) => `${paint(screen, 'cyan', 'note:')} ${note}`)].join('\n');
}

export function trustText(screen: Screen, { files, trusted, settings }: Wire<typeof configTrustData>): string {
  if (files.length === 0) return 'no wan.toml or .env of a project is in force here';
  const done = files.map(
    (file) => `${mark(screen, trusted ? 'good' : 'none')} ${file}: ${trusted ? 'trusted as it is now' : 'not trusted'}`,
  );
  const now = settings.map(({ key, value, origin }) => `in force from now on: ${key} = ${value} (${origin})`);
  return [...done, ...now].join('\n');
}

/** `default`, `flag`, `env MODELS_ROOT`, `wan.toml:3:1`. */
export function originText({ from, where }: Origin): string {
  if (where === undefined) return from;
  return from === 'file' ? where : `${from} ${where}`;
}
