/**
 * Threads that a test starts read TypeScript. Node's reader of it is WebAssembly, and where several threads come and go with it, V8 now and
 * then ends the whole process (`Check failed: jit_page.has_value()`; nodejs/node#64500 is of the same kind). What is in the cache is not
 * read by it again. The published threads are JavaScript.
 */
import { join } from 'node:path';

export function keepCompiledThreads(): void {
  process.env.NODE_COMPILE_CACHE ??= join(import.meta.dirname, 'node_modules', '.cache', 'node-compile');
}
