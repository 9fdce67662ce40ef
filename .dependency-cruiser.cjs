/** Who may import whom. The text of each rule is what its author should do instead. */

/** What a module shows of itself: service, module, errors, events, and the pure files named by a noun alone. */
const FACE = '^src/modules/.+/(?:[^/.]+\\.(?:service|module|errors|events)|[^/.]+)\\.ts$';
const NOUN = '^src/modules/.+/[^/.]+\\.ts$';
const SPEC = '(?:\\.|-)spec\\.ts$';

/** Each module and the modules below it, the only ones it may know. audit stands apart: it hears events. */
const LOWER = ['tenants'];
const MIDDLE = [...LOWER, 'identity', 'devices', 'artifacts', 'trust'];
const BELOW = {
  tenants: [],
  trust: LOWER,
  identity: LOWER,
  devices: LOWER,
  artifacts: LOWER,
  releases: MIDDLE,
  actions: [...MIDDLE, 'releases'],
  rollouts: [...MIDDLE, 'releases', 'actions'],
  updates: [...MIDDLE, 'releases', 'actions', 'rollouts'],
};

/** The rooms of a folder that has opened some, each knowing only those to its left. */
const ROOMS = {
  'src/modules/rollouts': ['rollout', 'checks', 'plan', 'rules', 'resolve', 'gates', 'verbs'],
  'src/modules/updates': ['outcomes', 'sightings', 'reports', 'polls', 'orders', 'sweeps', 'explain'],
  'src/modules/releases': ['release', 'bundles', 'draft'],
  'src/http/ddi': ['wire', 'bodies', 'entrance', 'downloads'],
  'src/cli/simulator': ['ddi', 'judging', 'devices'],
  'src/platform/database/embedded': ['process', 'home', 'cluster'],
  'src/formats/cms': ['keys', 'certificates'],
};
const anyOf = (names) => `(?:${names.join('|')})`;

const moduleOrder = Object.entries(BELOW).map(([module, below]) => ({
  name: `module-order-${module}`,
  comment: `${module} may know only ${below.join(', ') || 'no other module'}. What needs both belongs in the module above.`,
  severity: 'error',
  from: { path: `^src/modules/${module}/` },
  to: { path: '^src/modules/', pathNot: `^src/modules/${anyOf([module, ...below])}/` },
}));

const rooms = Object.entries(ROOMS).flatMap(([folder, names]) =>
  names.map((room, at) => ({
    name: `room-order-${folder.split('/').at(-1)}-${room}`,
    comment: `${room} may know only ${names.slice(0, at).join(', ') || 'none of its neighbours'} in ${folder}. What needs both belongs above both.`,
    severity: 'error',
    from: { path: `^${folder}/${room}/`, pathNot: SPEC },
    to: { path: `^${folder}/[^/]+/`, pathNot: `^${folder}/${anyOf(names.slice(0, at + 1))}/` },
  })),
);

const modules = [
  ...moduleOrder,
  {
    name: 'module-order-audit',
    comment: "audit hears other modules' *.events.ts and knows nothing else of them.",
    severity: 'error',
    from: { path: '^src/modules/audit/' },
    to: { path: '^src/modules/', pathNot: ['^src/modules/audit/', '\\.events\\.ts$'] },
  },
  {
    name: 'module-has-a-place',
    comment:
      'A new module takes its place in the order: enter it in BELOW of .dependency-cruiser.cjs and write the ADR.',
    severity: 'error',
    from: { path: '^src/modules/', pathNot: `^src/modules/${anyOf([...Object.keys(BELOW), 'audit'])}/` },
    to: {},
  },
  {
    name: 'module-by-its-face',
    comment:
      "Another module's entity, repository, scheduler and other inner files are private: ask its service, or use its noun.",
    severity: 'error',
    from: { path: '^src/modules/([^/]+)/' },
    to: { path: '^src/modules/', pathNot: ['^src/modules/$1/', FACE] },
  },
  {
    name: 'module-knows-no-edge',
    comment:
      'The domain knows no HTTP and no command line: return a value or throw a DomainError, the edge translates.',
    severity: 'error',
    from: { path: '^src/modules/' },
    to: { path: '^src/(?:http|cli)/' },
  },
];

const nouns = [
  {
    name: 'noun-is-pure',
    comment:
      'A file named by its noun alone holds types and rules. It may import other such files, errors and events; no Nest, no TypeORM, no entity, service or repository.',
    severity: 'error',
    from: { path: NOUN },
    to: {
      path: ['(?:^|/)node_modules/(?:@nestjs|@types/pg|typeorm|pg)/', '^src/modules/', '^src/platform/'],
      pathNot: [
        NOUN,
        '^src/modules/.*\\.(?:errors|events)\\.ts$',
        '^src/platform/.+/[^/.]+(?:\\.errors?|)\\.ts$',
      ],
    },
  },
  {
    name: 'noun-is-pure-all-the-way',
    comment: 'This file named by its noun alone reaches Nest, TypeORM or pg through what it imports.',
    severity: 'error',
    from: { path: NOUN },
    to: { path: '(?:^|/)node_modules/(?:@nestjs|@types/pg|typeorm|pg)/', reachable: true },
  },
];

const layers = [
  {
    name: 'platform-knows-no-domain',
    comment: 'platform is technology: what a module needs there it passes in, or platform declares a port.',
    severity: 'error',
    from: { path: '^src/platform/' },
    to: { path: '^src/', pathNot: '^src/platform/' },
  },
  {
    name: 'formats-stand-alone',
    comment:
      'formats could be published on their own: they import libraries and each other, nothing else of src.',
    severity: 'error',
    from: { path: '^src/formats/' },
    to: { path: '^src/', pathNot: '^src/formats/' },
  },
  {
    name: 'formats-serve-releases',
    comment:
      'Only modules/releases reads bundles, and modules/trust their signatures; others ask their services.',
    severity: 'error',
    from: { path: '^src/[^/]+/', pathNot: ['^src/formats/', '^src/modules/(?:releases|trust)/'] },
    to: { path: '^src/formats/' },
  },
  {
    name: 'trust-reads-signatures',
    comment: 'modules/trust judges signatures; what else stands in a bundle is for modules/releases.',
    severity: 'error',
    from: { path: '^src/modules/trust/' },
    to: { path: '^src/formats/', pathNot: '^src/formats/(?:cms/|format\\.error\\.ts$)' },
  },
  {
    name: 'edge-sees-faces',
    comment: 'An edge talks to services: no entity, no repository, no inner file of a module.',
    severity: 'error',
    from: { path: '^src/http/' },
    to: { path: '^src/modules/', pathNot: FACE },
  },
  {
    name: 'edge-knows-no-other-edge',
    comment: 'What two edges share lies in http/shared.',
    severity: 'error',
    from: { path: '^src/http/([^/]+)/' },
    to: { path: '^src/http/', pathNot: ['^src/http/$1/', '^src/http/shared/'] },
  },
  {
    name: 'edge-imports-the-domain-only',
    comment:
      'An edge imports module faces, http/shared and platform; neither the command line nor a bundle reader.',
    severity: 'error',
    from: { path: '^src/http/' },
    to: { path: '^src/(?:cli|formats)/' },
  },
  {
    name: 'cli-speaks-rest',
    comment:
      'The command is a client like any other: the generated API client and libraries, nothing of the server.',
    severity: 'error',
    from: { path: '^src/cli/' },
    to: { path: '^src/', pathNot: '^src/cli/' },
  },
  {
    name: 'composition-root-is-the-top',
    comment: 'main.ts and app.module.ts put the parts together; no part knows them.',
    severity: 'error',
    from: { path: '^src/[^/]+/' },
    to: { path: '^src/[^/]+\\.ts$' },
  },
  {
    name: 'source-knows-no-tests',
    comment: 'What src needs of test or bench is part of src.',
    severity: 'error',
    from: { path: '^src/', pathNot: SPEC },
    to: { path: ['^(?:test|bench)/', SPEC] },
  },
  {
    name: 'migration-is-frozen',
    comment:
      'A migration imports TypeORM and Node only, so that no later change of src can change what it does.',
    severity: 'error',
    from: { path: '^migrations/' },
    to: { pathNot: '(?:^|/)node_modules/typeorm/', dependencyTypesNot: ['core'] },
  },
];

const hygiene = [
  {
    name: 'no-cycle',
    comment: 'No import cycles, not even of types: the missing noun is what both sides mean.',
    severity: 'error',
    from: {},
    to: { circular: true },
  },
  {
    name: 'no-barrel',
    comment: 'No index.ts: import the file that says what it is.',
    severity: 'error',
    from: {},
    to: { path: '^(?:src|migrations|test)/(?:.*/|)index\\.ts$' },
  },
  {
    name: 'no-orphan',
    comment: 'Nothing imports this file and it imports nothing: delete it or wire it up.',
    severity: 'error',
    from: {
      orphan: true,
      path: '^src/',
      pathNot: [SPEC, '\\.d\\.ts$', '^src/[^/]+\\.ts$', '^src/cli/generated/'],
    },
    to: {},
  },
  {
    name: 'no-development-dependency',
    comment: 'The image is built without development dependencies: move the package to "dependencies".',
    severity: 'error',
    from: { path: '^src/', pathNot: SPEC },
    to: { dependencyTypes: ['npm-dev'], dependencyTypesNot: ['type-only', 'npm'] },
  },
  {
    name: 'no-undeclared-dependency',
    comment:
      'package.json does not name this package; it is here only because another package brought it along.',
    severity: 'error',
    from: { path: '^(?:src|migrations)/' },
    to: { dependencyTypes: ['npm-no-pkg', 'npm-unknown'], dependencyTypesNot: ['type-only'] },
  },
  {
    name: 'no-unresolvable',
    comment: 'This import leads nowhere.',
    severity: 'error',
    from: {},
    to: { couldNotResolve: true },
  },
];

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [...modules, ...rooms, ...nouns, ...layers, ...hygiene],
  options: {
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^dist/' },
    enhancedResolveOptions: {
      extensions: ['.ts', '.js', '.mjs', '.cjs', '.json', '.d.ts'],
      exportsFields: ['exports'],
      conditionNames: ['require', 'node', 'default', 'types'],
    },
  },
};
