/** What deploy/ gives to Prometheus and Grafana names metrics that there are, and is what their own tools accept. */
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { METRICS, type MetricFamily, OF_SERVICE } from '../../src/observability/metrics/catalog.ts';
import { prometheusText } from '../../src/observability/metrics/prometheus-text.ts';
import { describeWithReal } from '../support/real-server.ts';
import { tempDir } from '../support/temp-dir.ts';
import { metricNames } from './metric-names.ts';

const DEPLOY = join(import.meta.dirname, '..', '..', 'deploy');
const rules = readFileSync(join(DEPLOY, 'prometheus', 'wan-models.rules.yml'), 'utf8');
const dashboard = JSON.parse(readFileSync(join(DEPLOY, 'grafana', 'wan-models.json'), 'utf8')) as Dashboard;

interface Dashboard {
  readonly panels: readonly { readonly id: number; readonly title: string; readonly targets: readonly { readonly expr: string }[] }[];
}

const OURS: Readonly<Record<string, MetricFamily>> = { ...METRICS, ...OF_SERVICE };
/** As they stand in the text. */
const published = Object.entries(OURS).flatMap(([name, { type }]) =>
  type === 'histogram' ? ['_bucket', '_sum', '_count'].map((end) => `${name}${end}`) : [name],
);
/** Of node_exporter's textfile collector. */
const OTHERS = ['node_textfile_mtime_seconds'];

const ruleExpressions = [...rules.matchAll(/^\s+expr: (?:>-\n)?(?<expr>(?:.+\n)(?:\s{10}\S.*\n)*)/gm)].map(
  ({ groups }) => groups?.expr ?? '',
);
const recorded = [...rules.matchAll(/^\s+- record: (\S+)$/gm)].map(([, name = '']) => name);
const panelExpressions = dashboard.panels.flatMap(({ targets }) => targets.map(({ expr }) => expr));

describe('the metrics that are named', () => {
  it.each(ruleExpressions)('by a rule exist: %s', (expression) => {
    const names = metricNames(expression);
    expect(names.length).toBeGreaterThan(0);
    for (const name of names) expect([...published, ...recorded, ...OTHERS]).toContain(name);
  });

  it.each(panelExpressions)('by a panel exist: %s', (expression) => {
    const names = metricNames(expression);
    expect(names.length).toBeGreaterThan(0);
    for (const name of names) expect(published).toContain(name);
  });

  it('are all of ours: the dashboard leaves out none', () => {
    const named = new Set(panelExpressions.flatMap(metricNames));
    const missing = Object.keys(OURS).filter((name) => ![...named].some((other) => other.startsWith(name)));
    expect(missing).toEqual([]);
  });

  it('are found with labels that they have', () => {
    for (const expression of [...ruleExpressions, ...panelExpressions]) {
      for (const [, name = '', matchers = ''] of expression.matchAll(/([a-z_]+?)(?:_bucket)?\{([^}]*)\}/g)) {
        const labels = [...matchers.replace(/"[^"]*"/g, '').matchAll(/[a-z_]+/g)].map(([label]) => label);
        const { labels: known } = OURS[name] ?? { labels: Object.values(OURS).flatMap((family) => family.labels) };
        for (const label of labels) expect(['instance', 'file', ...known], `${label} in ${expression}`).toContain(label);
      }
    }
  });
});

describe('the dashboard', () => {
  it('has a title and a number of its own for each panel', () => {
    expect(new Set(dashboard.panels.map(({ id }) => id)).size).toBe(dashboard.panels.length);
    for (const { title } of dashboard.panels) expect(title).toMatch(/^[A-Z]/);
  });
});

describeWithReal('promtool', {
  needs: ['promtool'],
  suite: () => {
    const promtool = (args: readonly string[], input = '') =>
      spawnSync('promtool', args, { cwd: join(DEPLOY, 'prometheus'), input, encoding: 'utf8' });

    it('accepts the rules, and they fire when they should', () => {
      const checked = promtool(['check', 'rules', 'wan-models.rules.yml']);
      expect(checked.status, checked.stdout + checked.stderr).toBe(0);
      const tested = promtool(['test', 'rules', 'wan-models.rules.test.yml']);
      expect(tested.status, tested.stdout + tested.stderr).toBe(0);
    });

    it('has nothing against the metrics but two names that the design fixed', async () => {
      const counts = Object.entries(METRICS).map(([metric, { labels, type }]) => ({
        metric,
        labels: labels.map((label) => `a "${label}" \\ of\nit`),
        values: type === 'histogram' ? [1, 2, 0, 1] : [1],
      }));
      const text = await prometheusText({ counts, gauges: [] });
      const { stdout, stderr } = promtool(['check', 'metrics'], text);
      expect((stdout + stderr).trim().split('\n').sort()).toEqual([
        'garbage_collection_bytes_reclaimed counter metrics should have "_total" suffix',
        'model_storage_files_total non-counter metrics should not have "_total" suffix',
      ]);
    });

    it('parses the queries of all panels', async () => {
      const file = join(await tempDir(), 'panels.yml');
      const queries = panelExpressions.map((query) =>
        query.replaceAll('$__rate_interval', '5m').replaceAll('$__range', '24h').replaceAll('$instance', '.*'),
      );
      const rules = queries.map((expr, index) => ({ record: `panel:${index}`, expr }));
      writeFileSync(file, JSON.stringify({ groups: [{ name: 'panels', rules }] }));
      const { status, stdout, stderr } = promtool(['check', 'rules', file]);
      expect(status, stdout + stderr).toBe(0);
    });
  },
});
