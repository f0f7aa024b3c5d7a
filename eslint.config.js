// typescript-eslint for what Biome cannot see: promises that nobody awaits, switches that miss a case, and the two
// doors to the outside (environment, standard streams) that only one room each may open.
import tseslint from 'typescript-eslint';

const environment = {
  object: 'process',
  property: 'env',
  message: 'only config/ reads the environment: take the value from the frozen Config instead',
};
const streams = ['stdout', 'stderr', 'stdin', 'exit', 'exitCode'].map((property) => ({
  object: 'process',
  property,
  message: 'only cli/ talks to the terminal: emit an event or throw a ModelError instead',
}));
const processImport = {
  paths: [{ name: 'node:process', message: 'use the global `process`, so that the rules on it can see it' }],
};

/** web/ runs in browsers, though its types are those of Node, too: it shares the types of documents with the service. */
const notInBrowsers = ['process', 'Buffer', 'global', 'require', '__dirname', 'setImmediate'];

export default tseslint.config(
  { ignores: ['**/dist/**', '**/node_modules/**', 'examples/quickstart/data/**', '.wan-quickstart/**', 'coverage/**', '.husky/**'] },
  {
    files: ['**/*.ts', '**/*.tsx'],
    languageOptions: { parser: tseslint.parser, parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    plugins: { '@typescript-eslint': tseslint.plugin },
    linterOptions: { reportUnusedDisableDirectives: 'error' },
    rules: {
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-misused-promises': 'error',
      '@typescript-eslint/await-thenable': 'error',
      '@typescript-eslint/return-await': ['error', 'in-try-catch'],
      '@typescript-eslint/only-throw-error': ['error', { allowThrowingAny: false, allowThrowingUnknown: true }],
      '@typescript-eslint/prefer-promise-reject-errors': ['error', { allowThrowingAny: true, allowThrowingUnknown: true }],
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
    },
  },
  {
    files: ['src/**/*.ts'],
    ignores: ['**/*.test.ts'],
    rules: {
      'no-restricted-imports': ['error', processImport],
      'no-restricted-properties': ['error', environment, ...streams],
    },
  },
  {
    files: ['web/src/**/*.{ts,tsx}'],
    ignores: ['**/*.test.ts'],
    rules: { 'no-restricted-globals': ['error', ...notInBrowsers] },
  },
  { files: ['src/config/**/*.ts'], ignores: ['**/*.test.ts'], rules: { 'no-restricted-properties': ['error', ...streams] } },
  { files: ['src/cli/**/*.ts'], ignores: ['**/*.test.ts'], rules: { 'no-restricted-properties': ['error', environment] } },
);
