import type { ServiceHealth } from '../../api/wire.ts';
import { Mark, type Verdict } from '../../ui/mark.tsx';

const VERDICTS: Readonly<Record<ServiceHealth['status'], Verdict>> = { healthy: 'good', degraded: 'soft', error: 'bad' };

export const HealthMark = ({ health }: { readonly health: ServiceHealth['status'] }) => <Mark verdict={VERDICTS[health]} text={health} />;
