import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { bootId, bootIdFromStart } from './boot-id.ts';

describe('the boot id', () => {
  it.runIf(process.platform === 'linux')('is what the Linux kernel says', () => {
    expect(bootId()).toBe(readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim());
  });

  it('stays the same in one process', () => {
    expect(bootId()).toBe(bootId());
  });

  it('made from the start of the system stands a drift of seconds and tells restarts apart', () => {
    const start = 1_700_000_000;
    const idAt = (nowSeconds: number, uptimeSeconds: number) => bootIdFromStart(nowSeconds * 1000, uptimeSeconds);
    expect(idAt(start + 100, 100)).toBe(idAt(start + 90_000, 90_002));
    expect(idAt(start + 100, 100)).not.toBe(idAt(start + 100, 40));
  });
});
