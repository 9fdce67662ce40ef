/** Imports that dependency-cruiser must name, and the allowed ones beside them. `from` is the file that sins. */
const exported = (name) => `export const ${name} = '${name}';\n`;
const importing = (path, name = 'seeded') =>
  `import { ${name} } from '${path}';\nexport const used = [${name}];\n`;

export const faults = [
  {
    fault: 'an import cycle',
    rule: 'no-cycle',
    from: 'src/platform/seeded/cycle-a.ts',
    files: {
      'src/platform/seeded/cycle-a.ts': `import { b } from './cycle-b';\nexport const a = (): string => b();\n`,
      'src/platform/seeded/cycle-b.ts': `import { a } from './cycle-a';\nexport const b = (): string => a();\n`,
    },
  },
  {
    fault: 'an import cycle of types only',
    rule: 'no-cycle',
    from: 'src/platform/seeded/type-a.ts',
    files: {
      'src/platform/seeded/type-a.ts': `import type { B } from './type-b';\nexport type A = B[];\n`,
      'src/platform/seeded/type-b.ts': `import type { A } from './type-a';\nexport type B = A | string;\n`,
    },
  },
  {
    fault: 'an import from a barrel',
    rule: 'no-barrel',
    from: 'src/platform/seeded/barrel-user.ts',
    files: {
      'src/platform/seeded/barrel/index.ts': exported('seeded'),
      'src/platform/seeded/barrel-user.ts': importing('./barrel'),
    },
  },
  {
    fault: 'a file that nobody imports',
    rule: 'no-orphan',
    from: 'src/platform/seeded/orphan.ts',
    files: { 'src/platform/seeded/orphan.ts': exported('seeded') },
  },
  {
    fault: 'a room importing the one above it',
    rule: 'room-order-rollouts-rules',
    from: 'src/modules/rollouts/rules/seeded-upwards.ts',
    files: {
      'src/modules/rollouts/resolve/seeded-above.ts': exported('seeded'),
      'src/modules/rollouts/rules/seeded-upwards.ts': importing('../resolve/seeded-above'),
    },
  },
  {
    fault: "a module importing another's repository",
    rule: 'module-by-its-face',
    from: 'src/modules/releases/seeded-repository-user.service.ts',
    files: {
      'src/modules/artifacts/seeded.repository.ts': exported('seeded'),
      'src/modules/releases/seeded-repository-user.service.ts': importing('../artifacts/seeded.repository'),
    },
  },
  {
    fault: "a module importing another's entity",
    rule: 'module-by-its-face',
    from: 'src/modules/releases/seeded-entity-user.service.ts',
    files: {
      'src/modules/artifacts/seeded.entity.ts': exported('seeded'),
      'src/modules/releases/seeded-entity-user.service.ts': importing('../artifacts/seeded.entity'),
    },
  },
  {
    fault: 'a module importing the one above it',
    rule: 'module-order-devices',
    from: 'src/modules/devices/seeded-above.service.ts',
    files: {
      'src/modules/rollouts/seeded-above.service.ts': exported('seeded'),
      'src/modules/devices/seeded-above.service.ts': importing('../rollouts/seeded-above.service'),
    },
  },
  {
    fault: 'a module importing the one beside it',
    rule: 'module-order-artifacts',
    from: 'src/modules/artifacts/seeded-beside.service.ts',
    files: {
      'src/modules/devices/seeded-beside.service.ts': exported('seeded'),
      'src/modules/artifacts/seeded-beside.service.ts': importing('../devices/seeded-beside.service'),
    },
  },
  {
    fault: 'a module without a place in the order',
    rule: 'module-has-a-place',
    from: 'src/modules/seeded/seeded.service.ts',
    files: {
      'src/modules/tenants/seeded-noun.ts': exported('seeded'),
      'src/modules/seeded/seeded.service.ts': importing('../tenants/seeded-noun'),
    },
  },
  {
    fault: 'audit importing a service',
    rule: 'module-order-audit',
    from: 'src/modules/audit/seeded-service-user.service.ts',
    files: {
      'src/modules/actions/seeded-heard.service.ts': exported('seeded'),
      'src/modules/audit/seeded-service-user.service.ts': importing('../actions/seeded-heard.service'),
    },
  },
  {
    fault: 'a module importing an edge',
    rule: 'module-knows-no-edge',
    from: 'src/modules/updates/seeded-edge-user.service.ts',
    files: {
      'src/http/ddi/seeded-link.ts': exported('seeded'),
      'src/modules/updates/seeded-edge-user.service.ts': importing('../../http/ddi/seeded-link'),
    },
  },
  {
    fault: 'platform importing a module',
    rule: 'platform-knows-no-domain',
    from: 'src/platform/seeded/domain-user.ts',
    files: {
      'src/modules/tenants/seeded-tenant.ts': exported('seeded'),
      'src/platform/seeded/domain-user.ts': importing('../../modules/tenants/seeded-tenant'),
    },
  },
  {
    fault: 'an edge importing an entity',
    rule: 'edge-sees-faces',
    from: 'src/http/management/seeded-entity-user.controller.ts',
    files: {
      'src/modules/devices/seeded-private.entity.ts': exported('seeded'),
      'src/http/management/seeded-entity-user.controller.ts': importing(
        '../../modules/devices/seeded-private.entity',
      ),
    },
  },
  {
    fault: 'an edge importing another edge',
    rule: 'edge-knows-no-other-edge',
    from: 'src/http/management/seeded-other-edge.ts',
    files: {
      'src/http/ddi/seeded-other-edge.ts': exported('seeded'),
      'src/http/management/seeded-other-edge.ts': importing('../ddi/seeded-other-edge'),
    },
  },
  {
    fault: 'http/shared importing an edge',
    rule: 'edge-knows-no-other-edge',
    from: 'src/http/shared/seeded-edge-user.ts',
    files: {
      'src/http/ops/seeded-probe.ts': exported('seeded'),
      'src/http/shared/seeded-edge-user.ts': importing('../ops/seeded-probe'),
    },
  },
  {
    fault: 'an edge reading a bundle',
    rule: 'edge-imports-the-domain-only',
    from: 'src/http/management/seeded-bundle-user.ts',
    files: {
      'src/formats/seeded-edge.ts': exported('seeded'),
      'src/http/management/seeded-bundle-user.ts': importing('../../formats/seeded-edge'),
    },
  },
  {
    fault: 'formats importing platform',
    rule: 'formats-stand-alone',
    from: 'src/formats/seeded-platform-user.ts',
    files: {
      'src/platform/seeded/base.ts': exported('seeded'),
      'src/formats/seeded-platform-user.ts': importing('../platform/seeded/base'),
    },
  },
  {
    fault: 'formats imported by devices',
    rule: 'formats-serve-releases',
    from: 'src/modules/devices/seeded-bundle.service.ts',
    files: {
      'src/formats/seeded-bundle.ts': exported('seeded'),
      'src/modules/devices/seeded-bundle.service.ts': importing('../../formats/seeded-bundle'),
    },
  },
  {
    fault: 'trust reading more of a bundle than its signature',
    rule: 'trust-reads-signatures',
    from: 'src/modules/trust/seeded-reader.service.ts',
    files: {
      'src/formats/swu/seeded-reader.ts': exported('seeded'),
      'src/modules/trust/seeded-reader.service.ts': importing('../../formats/swu/seeded-reader'),
    },
  },
  {
    fault: 'a pure noun importing Nest',
    rule: 'noun-is-pure',
    from: 'src/modules/rollouts/seeded-nest-noun.ts',
    files: { 'src/modules/rollouts/seeded-nest-noun.ts': importing('@nestjs/common', 'Injectable') },
  },
  {
    fault: 'a pure noun importing a type of TypeORM',
    rule: 'noun-is-pure',
    from: 'src/modules/rollouts/seeded-orm-noun.ts',
    files: {
      'src/modules/rollouts/seeded-orm-noun.ts': `import type { DataSource } from 'typeorm';\nexport type Source = DataSource;\n`,
    },
  },
  {
    fault: 'a pure noun importing its own service',
    rule: 'noun-is-pure',
    from: 'src/modules/rollouts/seeded-service-noun.ts',
    files: {
      'src/modules/rollouts/seeded-noun.service.ts': exported('seeded'),
      'src/modules/rollouts/seeded-service-noun.ts': importing('./seeded-noun.service'),
    },
  },
  {
    fault: 'a pure noun reaching Nest through platform',
    rule: 'noun-is-pure-all-the-way',
    from: 'src/modules/rollouts/seeded-far-noun.ts',
    files: {
      'src/platform/seeded/nested.ts': importing('@nestjs/common', 'Injectable'),
      'src/modules/rollouts/seeded-far-noun.ts': importing('../../platform/seeded/nested', 'used').replace(
        'const used',
        'const far',
      ),
    },
  },
  {
    fault: 'cli importing platform',
    rule: 'cli-speaks-rest',
    from: 'src/cli/seeded-platform-user.ts',
    files: {
      'src/platform/seeded/served.ts': exported('seeded'),
      'src/cli/seeded-platform-user.ts': importing('../platform/seeded/served'),
    },
  },
  {
    fault: 'a part importing the composition root',
    rule: 'composition-root-is-the-top',
    from: 'src/platform/seeded/root-user.ts',
    files: {
      'src/seeded-root.module.ts': exported('seeded'),
      'src/platform/seeded/root-user.ts': importing('../../seeded-root.module'),
    },
  },
  {
    fault: 'src importing test support',
    rule: 'source-knows-no-tests',
    from: 'src/platform/seeded/support-user.ts',
    files: {
      'test/support/seeded-support.ts': exported('seeded'),
      'src/platform/seeded/support-user.ts': importing('../../../test/support/seeded-support'),
    },
  },
  {
    fault: 'a migration importing src',
    rule: 'migration-is-frozen',
    from: 'migrations/1700000000001-SeededImport.ts',
    files: {
      'src/platform/seeded/column.ts': exported('seeded'),
      'migrations/1700000000001-SeededImport.ts': importing('../src/platform/seeded/column'),
    },
  },
  {
    fault: 'src importing a development dependency',
    rule: 'no-development-dependency',
    from: 'src/platform/seeded/development.ts',
    files: { 'src/platform/seeded/development.ts': importing('fast-check', 'assert') },
  },
  {
    fault: 'src importing a package that package.json does not name',
    rule: 'no-undeclared-dependency',
    from: 'src/platform/seeded/undeclared.ts',
    files: { 'src/platform/seeded/undeclared.ts': importing('iterare', 'iterate') },
  },
];

export const sound = {
  'src/platform/seeded/sound-base.ts': `import { Injectable } from '@nestjs/common';\nexport const seeded = Injectable;\n`,
  'src/platform/seeded/sound-types.ts': `export type Instant = Date;\n`,
  'src/formats/seeded-sound.ts': importing('node:path', 'join'),
  'src/modules/tenants/seeded-sound.ts': `import type { Instant } from '../../platform/seeded/sound-types';\nexport const seeded: Instant[] = [];\n`,
  'src/modules/artifacts/seeded-sound.repository.ts': importing('../../platform/seeded/sound-base'),
  'src/modules/artifacts/seeded-sound.service.ts': importing('./seeded-sound.repository', 'used').replace(
    'const used',
    'const seeded',
  ),
  'src/modules/artifacts/seeded-sound.events.ts': importing('../tenants/seeded-sound'),
  'src/modules/releases/seeded-sound.service.ts': importing('../artifacts/seeded-sound.service'),
  'src/modules/releases/seeded-sound-bundle.repository.ts': importing(
    '../../formats/seeded-sound',
    'used',
  ).replace('const used', 'const read'),
  'src/modules/rollouts/rules/seeded-sound.ts': exported('seeded'),
  'src/modules/rollouts/resolve/seeded-sound.ts': importing('../rules/seeded-sound'),
  'src/modules/updates/seeded-sound.ts': importing('../tenants/seeded-sound'),
  'src/modules/audit/seeded-sound.service.ts': importing('../artifacts/seeded-sound.events', 'used').replace(
    'const used',
    'const heard',
  ),
  'src/http/shared/seeded-sound.guard.ts': importing('../../modules/artifacts/seeded-sound.service'),
  'src/http/ddi/seeded-sound.controller.ts': importing('../shared/seeded-sound.guard', 'used').replace(
    'const used',
    'const shared',
  ),
  'src/cli/generated/seeded-sound.ts': importing('node:path', 'join'),
  'src/cli/seeded-sound.ts': importing('./generated/seeded-sound', 'used').replace(
    'const used',
    'const client',
  ),
  'migrations/1700000000002-SeededSound.ts': `import type { QueryRunner } from 'typeorm';\nexport type Runner = QueryRunner;\n`,
};
