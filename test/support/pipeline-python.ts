/** The Python with diffusers, torch and ftfy that suites compare with: `WAN_TEST_PYTHON`, or where .ci/run puts it. */
import { homedir } from 'node:os';
import { join } from 'node:path';

const cacheHome = process.env.XDG_CACHE_HOME || join(process.env.HOME ?? homedir(), '.cache');
const folder = process.platform === 'win32' ? 'Scripts' : 'bin';

export const PIPELINE_PYTHON = process.env.WAN_TEST_PYTHON || join(cacheHome, 'wan-models-ci', 'diffusers-try', folder, 'python');
