/** What `wan metrics --json` says, line by line. */
import { expect } from 'vitest';
import type { ModelWorld } from './model-fixture.ts';
import { seriesName } from './prometheus-client.ts';

interface MetricsDocument {
  readonly data: {
    readonly metrics: readonly {
      readonly name: string;
      readonly samples: readonly {
        readonly labels: Readonly<Record<string, string>>;
        readonly value?: number;
        readonly count?: number;
      }[];
    }[];
  };
}

/** `name{label="value",…}` with the labels sorted -> value; of a histogram, how many there were, as `name_count`. */
export async function counted(world: ModelWorld): Promise<Map<string, number>> {
  const ran = await world.cli(['metrics', '--json']);
  expect(ran.code, ran.stderr).toBe(0);
  const { data } = ran.json<MetricsDocument>();
  return new Map(
    data.metrics.flatMap(({ name, samples }) =>
      samples.map(({ labels, value, count }): [string, number] =>
        value === undefined ? [seriesName(`${name}_count`, labels), count ?? 0] : [seriesName(name, labels), value],
      ),
    ),
  );
}

/** What has grown, and by how much. */
export async function growth(world: ModelWorld, act: () => Promise<unknown>): Promise<Readonly<Record<string, number>>> {
  const before = await counted(world);
  await act();
  const after = await counted(world);
  const grown = [...after].map(([name, value]): [string, number] => [name, value - (before.get(name) ?? 0)]);
  return Object.fromEntries(grown.filter(([, by]) => by !== 0));
}
