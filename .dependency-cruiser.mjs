/**
 * The walls: a room imports only from lower floors, never from its own floor's other rooms and never from above.
 * ARCHITECTURE.md shows the same table for people.
 */
const FLOORS = [
  ['domain'],
  ['formats', 'util', 'documents'],
  ['config', 'resolver', 'observability', 'trust'],
  ['locks', 'registry', 'credentials'],
  ['store', 'backends'],
  ['transfer', 'limits', 'cast', 'tiers', 'telemetry'],
  ['orchestrator'],
  ['jobs', 'pipeline', 'webhooks'],
  ['fleet'],
  ['compose', 'wire'],
  ['service'],
  ['cli'],
];

const TESTS = '[.]test[.]ts$';

/** What the dashboard may take of the house at run time: how numbers, moments and foreign text are written, which need nothing of Node. */
const SHARED_WITH_WEB = '^src/util/(format-bytes|format-duration|minute-of|visible-text)[.]ts$';

/** A room is a folder or one file. */
const pathOf = (rooms) => `^src/(${rooms.join('|')})(/|[.]ts$)`;

const wallOf = (room) => {
  const floor = FLOORS.findIndex((rooms) => rooms.includes(room));
  const forbidden = FLOORS.slice(floor)
    .flat()
    .filter((other) => other !== room);
  return {
    name: `wall-${room}`,
    comment: `${room} is on floor ${floor}: it imports only from the floors below (see ARCHITECTURE.md)`,
    severity: 'error',
    from: { path: pathOf([room]), pathNot: TESTS },
    to: { path: pathOf([...forbidden, 'index']) },
  };
};

export default {
  forbidden: [
    ...FLOORS.slice(0, -1).flat().map(wallOf),
    {
      name: 'wall-index',
      comment: 'src/index.ts is the public API for the outside; inside, name the file you mean',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/index[.](test[.])?ts$' },
      to: { path: '^src/index[.]ts$' },
    },
    {
      name: 'unknown-room',
      comment: 'a new folder under src/ needs a floor in .dependency-cruiser.mjs and in ARCHITECTURE.md',
      severity: 'error',
      from: {},
      to: { path: '^src/', pathNot: [pathOf(FLOORS.flat()), '^src/index[.]ts$'] },
    },
    {
      name: 'product-imports-no-test-code',
      comment: 'src/ stands without test/, examples/, scripts/ and bench/',
      severity: 'error',
      from: { path: '^src/', pathNot: TESTS },
      to: { path: ['^(test|examples|scripts|bench)/', TESTS] },
    },
    {
      name: 'faces-see-compose',
      comment:
        'the faces see the orchestrator and its types, not the rooms that move and keep bytes; doctor and locks look at the machine itself',
      severity: 'error',
      from: { path: '^src/(service|cli)/', pathNot: [TESTS, '^src/cli/(diagnose|commands/locks)[.]ts$'] },
      to: { path: pathOf(['store', 'backends', 'transfer', 'locks']) },
    },
    {
      name: 'web-knows-the-wire',
      comment: 'the dashboard knows the service by the types of its answers alone',
      severity: 'error',
      from: { path: '^web/' },
      to: { path: '^src/', pathNot: ['^src/(documents|service/contract)/', SHARED_WITH_WEB] },
    },
    {
      name: 'web-takes-types-alone',
      comment: 'schemas stay with the service: of them only types reach the dashboard',
      severity: 'error',
      from: { path: '^web/' },
      to: { path: '^src/(documents|service/contract)/', dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'web-has-no-node',
      comment: 'it runs in browsers',
      severity: 'error',
      from: { path: '^web/', pathNot: TESTS },
      to: { dependencyTypes: ['core'] },
    },
    {
      name: 'nobody-imports-web',
      comment: 'the dashboard is built and served, never imported',
      severity: 'error',
      from: { path: '^src/' },
      to: { path: '^web/' },
    },
    {
      name: 'no-cycles',
      comment: 'two files that need each other are one file, or hide a third',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    {
      name: 'no-unresolvable',
      comment: 'the imported file or package does not exist',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
    {
      name: 'no-dev-dependencies',
      comment: 'a user who installs wan-models does not get this package',
      severity: 'error',
      from: { path: '^src/', pathNot: TESTS },
      to: { dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown'], pathNot: 'node_modules/@types/' },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default', 'types'],
      extensions: ['.ts', '.tsx', '.js'],
    },
  },
};
