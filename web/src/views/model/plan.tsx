import { formatBytes } from '../../../../src/util/format-bytes.ts';
import { modelPath } from '../../api/ask.ts';
import type { ModelPlan } from '../../api/wire.ts';
import { useAnswer } from '../../state/resource.ts';
import { hrefOf } from '../../state/route.ts';
import { Facts } from '../../ui/facts.tsx';
import { Loaded } from '../../ui/loaded.tsx';

const LOOK_MS = 15_000;

/** What an ensure would do, and whether there is room for it. */
export function Plan({ id, variant }: { readonly id: string; readonly variant: string }) {
  const plan = useAnswer<ModelPlan>(`${modelPath(id)}/plan?variant=${encodeURIComponent(variant)}`, LOOK_MS);
  return (
    <section class="card">
      <h2>What ensure would do</h2>
      <Loaded of={plan}>{(answer) => <PlanFacts plan={answer} />}</Loaded>
    </section>
  );
}

const TooLittle = () => (
  <>
    <span class="bad-text">not enough:</span> <a href={hrefOf({ view: 'disk' })}>make some</a>
  </>
);

function PlanFacts({ plan }: { readonly plan: ModelPlan }) {
  const bytes = (count: number): string | undefined => (count === 0 ? undefined : formatBytes(count));
  return (
    <Facts
      facts={[
        ['fetch', formatBytes(plan.fetch_bytes)],
        ['read here first', bytes(plan.verify_bytes)],
        ['fetch besides, at most', bytes(plan.may_fetch_bytes)],
        ['link', bytes(plan.link_bytes)],
        ['copy', bytes(plan.copy_bytes)],
        ['derive', bytes(plan.derive_bytes)],
        ['room needed', formatBytes(plan.space_needed_bytes)],
        ['free', formatBytes(plan.free_bytes)],
        ['room', plan.space.fits ? 'there is enough' : <TooLittle key="room" />],
      ]}
    />
  );
}
