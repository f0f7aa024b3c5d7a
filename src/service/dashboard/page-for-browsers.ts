import type { IncomingMessage } from 'node:http';

/** At `/` a browser that opens a page is shown the dashboard; programs, which do not ask for HTML, get the JSON that they always got. */
export const wantsPage = ({ method, url = '/', headers }: Pick<IncomingMessage, 'method' | 'url' | 'headers'>): boolean =>
  (method === 'GET' || method === 'HEAD') && url === '/' && (headers.accept?.includes('text/html') ?? false);
