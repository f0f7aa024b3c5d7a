/** What the dashboard has beside its script: styles, icon, and the page that names all three. Called by the build when the script is there. */
import { hash } from 'node:crypto';
import { globSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { smallerCss } from './smaller-css.ts';

export interface DashboardFiles {
  /** Sources: `index.html`, `icon.svg`, `src/styles`. */
  readonly from: string;
  /** Gets `index.html`, and `assets/` beside it. */
  readonly to: string;
  /** Name of the built script in `assets/`. */
  readonly script: string;
}

export function writeDashboardFiles({ from, to, script }: DashboardFiles): void {
  const assets = join(to, 'assets');
  mkdirSync(assets, { recursive: true });
  const put = (name: string, ending: string, content: string): string => {
    const full = `${name}-${hash('sha256', content).slice(0, 8)}${ending}`;
    writeFileSync(join(assets, full), content);
    return full;
  };
  const styles = globSync('src/styles/*.css', { cwd: from }).sort();
  const named = {
    script,
    style: put('dashboard', '.css', styles.map((path) => smallerCss(readFileSync(join(from, path), 'utf8'))).join('')),
    icon: put('icon', '.svg', readFileSync(join(from, 'icon.svg'), 'utf8')),
  };
  const page = readFileSync(join(from, 'index.html'), 'utf8');
  writeFileSync(
    join(to, 'index.html'),
    page.replace(/\{(script|style|icon)\}/g, (_, name: keyof typeof named) => named[name]),
  );
  const fresh = new Set(Object.values(named));
  for (const name of readdirSync(assets)) if (!fresh.has(name)) rmSync(join(assets, name));
}
