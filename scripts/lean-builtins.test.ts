import { describe, expect, it } from 'vitest';
import { leanBuiltins } from './lean-builtins.ts';

const built = (code: string): string => leanBuiltins.renderChunk(code);

describe('the build step that makes built-ins lean', () => {
  it('takes only what is named of a module', () => {
    expect(built('import { openSync, readSync as read } from "node:fs";')).toBe(
      'const { openSync, readSync: read } = process.getBuiltinModule("node:fs");',
    );
    expect(built('import fs from "node:fs";')).toBe('const fs = process.getBuiltinModule("node:fs");');
  });

  it('loads a slow module with the first call of a function of it', () => {
    const code = built('import { hash, randomUUID as uuid } from "node:crypto";');
    expect(code).toBe(
      'const hash = (...args) => process.getBuiltinModule("node:crypto").hash(...args);\n' +
        'const uuid = (...args) => process.getBuiltinModule("node:crypto").randomUUID(...args);',
    );
    const uuid = new Function(`${code}; return uuid();`) as () => string;
    expect(uuid()).toMatch(/^[0-9a-f-]{36}$/);
  });

  it('takes what is no plain function at once, and leaves other imports alone', () => {
    expect(built('import { constants } from "node:zlib";')).toBe('const { constants: constants } = process.getBuiltinModule("node:zlib");');
    expect(built('import { z } from "zod";')).toBe('import { z } from "zod";');
  });
});
