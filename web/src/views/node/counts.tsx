import { formatBytes } from '../../../../src/util/format-bytes.ts';
import type { Statistics } from '../../api/wire.ts';
import { Facts } from '../../ui/facts.tsx';

const listed = (counts: Readonly<Record<string, number | undefined>>): string =>
  Object.entries(counts)
    .filter(([, count]) => (count ?? 0) > 0)
    .map(([name, count]) => `${count} ${name}`)
    .join(', ');

export const Counts = ({ statistics }: { readonly statistics: Statistics }) => (
  <Facts
    facts={[
      ['in all', `${statistics.total_models}, ${formatBytes(statistics.total_bytes)}`],
      ['available', formatBytes(statistics.available_bytes)],
      ['needed', formatBytes(statistics.bytes_needed)],
      ['by status', listed(statistics.by_status)],
      ['by family', listed(statistics.by_family)],
      ['by type', listed(statistics.by_type)],
    ]}
  />
);
