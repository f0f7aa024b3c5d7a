import { describe, expect, it } from 'vitest';
import { fromWindowsPath, isWsl, toWindowsPath } from './wsl.ts';

describe('the Windows Subsystem for Linux', () => {
  it('is told by the kernel version', () => {
    expect(isWsl('Linux version 5.15.153.1-microsoft-standard-WSL2 (root@x) (gcc) #1 SMP')).toBe(true);
    expect(isWsl('Linux version 4.4.0-19041-Microsoft (Microsoft@Microsoft.com)')).toBe(true);
    expect(isWsl('Linux version 6.8.0-45-generic (buildd@lcy02) (x86_64-linux-gnu-gcc)')).toBe(false);
  });

  it.each([
    ['/mnt/d/models/wan22', 'D:\\models\\wan22'],
    ['/mnt/c', 'C:\\'],
    ['/mnt/c/a b/ü', 'C:\\a b\\ü'],
  ])('%s is %s and back', (linux, windows) => {
    expect(toWindowsPath(linux)).toBe(windows);
    expect(fromWindowsPath(windows)).toBe(linux);
  });

  it.each(['/mnt/data/models', '/mnt/wsl/x', '/home/x', '/mnt', '/mnt/', '/mnt/C/x', 'mnt/c/x', '/mnt/c/a\\b'])(
    '%s lies on no Windows drive',
    (path) => {
      expect(toWindowsPath(path)).toBeUndefined();
    },
  );

  it.each(['C:x', '\\\\server\\share', 'models', '/mnt/c'])('%s names no drive', (path) => {
    expect(fromWindowsPath(path)).toBeUndefined();
  });
});
