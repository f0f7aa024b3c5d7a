import type { serveData } from '../../documents/machine.ts';
import type { Wire } from '../../wire/wire.ts';
import { mark } from './paint.ts';
import type { Screen } from './screen.ts';
import { properties } from './table.ts';

const ALLOWED = { none: 'only /health answers', read: 'one may read', write: 'one may read and write' } as const;

export const serveText = (screen: Screen, data: Wire<typeof serveData>): string =>
  [
    `${mark(screen, 'good')} would listen on ${data.url}`,
    properties(screen, [
      ['MODELS_ROOT', data.models_root],
      ['manifest', `${data.manifest}: ${data.model_count === 1 ? '1 model' : `${data.model_count} models`}`],
      ['tokens', String(data.token_count)],
      ['without a token', ALLOWED[data.anonymous]],
    ]),
  ].join('\n');
