import { useSignal } from '@preact/signals';
import { useEffect, useMemo, useRef } from 'preact/hooks';
import { formatBytes } from '../../../../src/util/format-bytes.ts';
import { visibleText } from '../../../../src/util/visible-text.ts';
import { hrefOf } from '../../state/route.ts';
import type { Region } from './disk-tree.ts';
import { type AreaBox, layOut, type RegionBox, TITLE } from './lay-out.ts';

const HUES = 8;
/** About the width of a letter. */
const LETTER = 6.6;
const LINE = 15;

/** For eyes; the table below it says the same to everybody. */
export function Treemap({ regions }: { readonly regions: readonly Region[] }) {
  const frame = useRef<HTMLDivElement>(null);
  const size = useSize(frame);
  const laid = useMemo(() => layOut(regions, size.width, size.height), [regions, size.width, size.height]);
  const hues = useMemo(
    () =>
      new Map(
        regions
          .map(({ name }) => name)
          .sort()
          .map((name, index) => [name, index % HUES]),
      ),
    [regions],
  );
  return (
    <div ref={frame} class="treemap">
      <svg width={size.width} height={size.height} role="img" aria-label="Map of what takes the disk; the table below says the same">
        {laid.map((box) => (
          <RegionShape key={box.region.name} box={box} hue={box.region.name === '' ? 'none' : String(hues.get(box.region.name))} />
        ))}
      </svg>
    </div>
  );
}

function useSize(element: { readonly current: HTMLElement | null }) {
  const size = useSignal({ width: 0, height: 0 });
  useEffect(() => {
    const { current } = element;
    if (current === null) return;
    const observer = new ResizeObserver(() => {
      size.value = { width: current.clientWidth, height: current.clientHeight };
    });
    observer.observe(current);
    return () => observer.disconnect();
  }, []);
  return size.value;
}

function RegionShape({ box, hue }: { readonly box: RegionBox; readonly hue: string }) {
  const { region, x, y, width, height, areas } = box;
  const hasTitle = height >= 3 * TITLE;
  return (
    <g class={`region hue-${hue}`}>
      {hasTitle && (
        <Text
          x={x + 4}
          y={y + 13}
          room={width - 8}
          class="region-title"
          text={`${region.name === '' ? 'other' : region.name} ${formatBytes(region.bytes)}`}
        />
      )}
      {areas.map((area) => (
        <AreaShape key={area.area.key} box={area} />
      ))}
    </g>
  );
}

function AreaShape({ box: { area, x, y, width, height } }: { readonly box: AreaBox }) {
  const { ref, name, bytes, kind, isPinned } = area;
  const open = ref === undefined ? undefined : () => location.assign(hrefOf({ view: 'models', id: ref }));
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: a short way for pointers; the table has the links.
    <g class={`area ${kind} ${open === undefined ? '' : 'opens'}`} onClick={open}>
      <title>{`${visibleText(name)}: ${formatBytes(bytes)}${isPinned === true ? ', pinned' : ''}`}</title>
      <rect x={x} y={y} width={width} height={height} rx={2} />
      {height >= LINE + 4 && <Text x={x + 5} y={y + LINE} room={width - 10} text={name} />}
      {height >= 2 * LINE + 4 && <Text x={x + 5} y={y + 2 * LINE} room={width - 10} class="size" text={formatBytes(bytes)} />}
    </g>
  );
}

interface TextProps {
  readonly x: number;
  readonly y: number;
  /** In pixels: what has no room is cut. */
  readonly room: number;
  readonly text: string;
  readonly class?: string;
}

function Text({ x, y, room, text, class: own }: TextProps) {
  const letters = Math.floor(room / LETTER);
  if (letters < 4) return null;
  const shown = visibleText(text);
  return (
    <text x={x} y={y} class={own}>
      {shown.length <= letters ? shown : `${shown.slice(0, letters - 1)}…`}
    </text>
  );
}
