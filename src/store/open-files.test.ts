import { spawn, spawnSync } from 'node:child_process';
import { closeSync, openSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { isInstalled } from '../../test/support/real-server.ts';
import { tempDir } from '../../test/support/temp-dir.ts';
import { readOpenFiles } from './open-files.ts';

const inodeOf = (path: string): string => String(statSync(path, { bigint: true }).ino);

describe.runIf(process.platform === 'linux')('open files', () => {
  it('are those of this process, too, as long as they are open', async () => {
    const directory = await tempDir();
    const path = join(directory, 'weights');
    writeFileSync(path, 'w');
    expect(readOpenFiles(directory).byInode.get(inodeOf(path))).toBeUndefined();
    const fd = openSync(path, 'r');
    expect(readOpenFiles(directory)).toMatchObject({ looked: true });
    expect(readOpenFiles(directory).byInode.get(inodeOf(path))).toMatchObject({ pid: process.pid, how: 'open' });
    closeSync(fd);
    expect(readOpenFiles(directory).byInode.get(inodeOf(path))).toBeUndefined();
  });

  it('are found also where a program has one that cannot be asked: its path is too long', async () => {
    const directory = await tempDir();
    const path = join(directory, 'weights');
    writeFileSync(path, 'w');
    const script = `const fs = require('node:fs');
      fs.openSync(process.argv[1], 'r');
      for (let i = 0; i < 20; i++) { fs.mkdirSync('x'.repeat(250)); process.chdir('x'.repeat(250)); }
      fs.openSync('deep', 'w');
      console.log('ready');
      setInterval(() => {}, 1000);`;
    const child = spawn(process.execPath, ['-e', script, path], { cwd: directory, stdio: ['ignore', 'pipe', 'inherit'] });
    onTestFinished(() => {
      child.kill('SIGKILL');
      spawnSync('rm', ['-rf', directory]);
    });
    await new Promise((resolve) => child.stdout.once('data', resolve));
    expect(readOpenFiles(directory).byInode.get(inodeOf(path))).toMatchObject({ pid: child.pid, how: 'open' });
  });

  it.runIf(isInstalled('python3'))('are not those of memory that only looks like a file', async () => {
    const directory = await tempDir();
    const script = 'import mmap, os, sys, time\nm = mmap.mmap(-1, 8192)\nprint("ready", flush=True)\ntime.sleep(60)';
    const child = spawn('python3', ['-c', script], { stdio: ['ignore', 'pipe', 'inherit'] });
    onTestFinished(() => void child.kill('SIGKILL'));
    await new Promise((resolve) => child.stdout.once('data', resolve));
    const shared = /^\S+ rw-s \S+ \S+ (\d+) +\/dev\/zero/m.exec(readFileSync(`/proc/${child.pid}/maps`, 'latin1'))?.[1];
    expect(shared).toBeDefined();
    expect(readOpenFiles(directory).byInode.get(shared ?? '')?.pid).not.toBe(child.pid);
  });
});
