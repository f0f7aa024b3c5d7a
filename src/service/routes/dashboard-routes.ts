/** The page for people. It holds no data: whoever may see it is asked for a token by the routes that it uses. */
import { z } from 'zod';
import { builtDashboard } from '../dashboard/built-files.ts';
import { Refusal } from '../refusal.ts';
import type { ServiceApp } from '../service-context.ts';

/** Another content has another name. */
const FOR_EVER = 'public, max-age=31536000, immutable';

const params = z.object({ name: z.string().min(1).max(128) });

/** Only once, without a prefix. */
export const dashboardRoutes = (app: ServiceApp): void => {
  app.get('/dashboard', { config: { access: 'open', isPage: true }, schema: { hide: true } }, (request, reply) => {
    const { page } = builtDashboard();
    reply.headers({ etag: page.etag, 'cache-control': 'no-cache', vary: 'accept' });
    if (request.headers['if-none-match'] === page.etag) return reply.code(304).send();
    return reply.type(page.type).send(page.body);
  });

  app.get('/dashboard/assets/:name', { config: { access: 'open' }, schema: { hide: true, params } }, (request, reply) => {
    const asset = builtDashboard().assets.get(request.params.name);
    if (asset === undefined) throw new Refusal('route_unknown', 'the dashboard has no file of this name: load its page again');
    return reply.type(asset.type).header('cache-control', FOR_EVER).send(asset.body);
  });
};
