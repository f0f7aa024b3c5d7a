/**
 * A build step that makes built-in modules cost only what is used of them.
 *
 * An `import` of one evaluates all of its lazy properties (streams of `node:fs`, the diff of `node:util`, …), used or not, at 10 ms
 * and more a start; `const { open } = process.getBuiltinModule('node:fs')` takes only what is named. And what takes milliseconds to
 * load itself is loaded by the first call: `const hash = (...args) => process.getBuiltinModule('node:crypto').hash(...args)`.
 */
const IMPORT = /^import (?:\{(?<names>[^}]*)\}|(?<all>\w+)) from "(?<module>node:[\w/]+)";$/gm;

/** Not in the heap that Node starts with. */
const SLOW: ReadonlySet<string> = new Set(['node:crypto', 'node:fs/promises', 'node:timers/promises', 'node:zlib']);

export const leanBuiltins = {
  name: 'lean-builtins',
  renderChunk: (code: string): string =>
    code.replace(IMPORT, (_, names: string | undefined, all: string | undefined, module: string) => {
      if (names === undefined) return `const ${all} = ${builtin(module)};`;
      if (!SLOW.has(module)) return `const {${names.replaceAll(' as ', ': ')}} = ${builtin(module)};`;
      return names
        .split(',')
        .map((name) => lazily(module, name.trim()))
        .join('\n');
    }),
};

const builtin = (module: string): string => `process.getBuiltinModule("${module}")`;

function lazily(module: string, name: string): string {
  const [exported = '', local = exported] = name.split(' as ');
  const isPlainFunction = typeof process.getBuiltinModule(module)?.[exported as never] === 'function' && /^[a-z]/.test(exported);
  return isPlainFunction
    ? `const ${local} = (...args) => ${builtin(module)}.${exported}(...args);`
    : `const { ${exported}: ${local} } = ${builtin(module)};`;
}
