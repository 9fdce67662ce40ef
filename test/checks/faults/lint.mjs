/** Faults that ESLint must name, and sound code, idiomatic NestJS among it, that it must leave alone. */
const repeat = (count, line) => Array.from({ length: count }, (_, at) => line(at)).join('\n');
const linesOfFile = (count) => `${repeat(count, (at) => `export const value${at} = ${at};`)}\n`;
const linesOfFunction = (count) =>
  `export function long(counter: { add(n: number): void }): void {\n${repeat(count - 2, (at) => `  counter.add(${at});`)}\n}\n`;
const branches = (count) =>
  `export function pick(n: number): string {\n${repeat(count, (at) => `  if (n === ${at}) return 'case ${at}';`)}\n  return 'none';\n}\n`;
const nested = (depth) =>
  `export function deep(n: number): number {\n${repeat(depth, (at) => `if (n > ${at}) {`)}\nreturn n;\n${'}'.repeat(depth)}\nreturn 0;\n}\n`;
const parameters = (count) => repeat(count, (at) => `p${at}: number,`).replaceAll('\n', ' ');
const dependencies = (count) => repeat(count, (at) => `readonly p${at}: number,`).replaceAll('\n', ' ');

export const faults = [
  {
    fault: 'an unused variable',
    rule: '@typescript-eslint/no-unused-vars',
    file: 'src/platform/seeded/unused.ts',
    text: `const unused = 1;\nexport const used = 2;\n`,
  },
  {
    fault: 'a floating promise',
    rule: '@typescript-eslint/no-floating-promises',
    file: 'src/platform/seeded/floating.ts',
    text: `export function save(write: () => Promise<void>): void {\n  write();\n}\n`,
  },
  {
    fault: 'a promise used as a condition',
    rule: '@typescript-eslint/no-misused-promises',
    file: 'src/platform/seeded/misused.ts',
    text: `export const ask = (isOpen: () => Promise<boolean>): number => (isOpen() ? 1 : 2);\n`,
  },
  {
    fault: 'an explicit any',
    rule: '@typescript-eslint/no-explicit-any',
    file: 'src/platform/seeded/explicit-any.ts',
    text: `export const nothing = (value: any): boolean => value === 1;\n`,
  },
  {
    fault: 'an explicit any in a test',
    rule: '@typescript-eslint/no-explicit-any',
    file: 'test/unit/seeded-any.spec.ts',
    text: `it('takes anything', () => {\n  const value = 1 as any;\n  expect(value).toBe(1);\n});\n`,
  },
  {
    fault: 'an any that came from a library',
    rule: '@typescript-eslint/no-unsafe-member-access',
    file: 'src/platform/seeded/unsafe-any.ts',
    text: `export const nameOf = (text: string): boolean => JSON.parse(text).name === 'x';\n`,
  },
  {
    fault: 'a state that a switch forgets',
    rule: '@typescript-eslint/switch-exhaustiveness-check',
    file: 'src/platform/seeded/forgotten-state.ts',
    text: `export function colour(state: 'open' | 'closed'): string {\n  switch (state) {\n    case 'open':\n      return 'green';\n  }\n  return 'red';\n}\n`,
  },
  {
    fault: 'a type imported as a value',
    rule: '@typescript-eslint/consistent-type-imports',
    file: 'src/platform/seeded/type-import.ts',
    text: `import { Stats } from 'node:fs';\nexport const sizeBytesOf = (stats: Stats): number => stats.size;\n`,
  },
  {
    fault: 'an interface called IThing',
    rule: '@typescript-eslint/naming-convention',
    file: 'src/platform/seeded/prefixed.ts',
    text: `export interface IThing {\n  name: string;\n}\n`,
  },
  {
    fault: 'a file of 401 lines',
    rule: 'max-lines',
    file: 'src/platform/seeded/lines-401.ts',
    text: linesOfFile(401),
  },
  {
    fault: 'a test file of 401 lines',
    rule: 'max-lines',
    file: 'test/unit/lines-401.ts',
    text: linesOfFile(401),
  },
  {
    fault: 'a bench file of 401 lines',
    rule: 'max-lines',
    file: 'bench/lines-401.ts',
    text: linesOfFile(401),
  },
  {
    fault: 'a function of 51 lines',
    rule: 'max-lines-per-function',
    file: 'src/platform/seeded/function-51.ts',
    text: linesOfFunction(51),
  },
  {
    fault: 'a complexity of 11',
    rule: 'complexity',
    file: 'src/platform/seeded/complexity-11.ts',
    text: branches(10),
  },
  {
    fault: 'five levels of nesting',
    rule: 'max-depth',
    file: 'src/platform/seeded/depth-5.ts',
    text: nested(5),
  },
  {
    fault: 'a function of 5 parameters',
    rule: 'house/max-params',
    file: 'src/platform/seeded/params-5.ts',
    text: `export function many(${parameters(5)}): number {\n  return p0 + p1 + p2 + p3 + p4;\n}\n`,
  },
  {
    fault: 'a method of 5 parameters',
    rule: 'house/max-params',
    file: 'src/platform/seeded/method-params-5.ts',
    text: `export class Many {\n  sum(${parameters(5)}): number {\n    return p0 + p1 + p2 + p3 + p4;\n  }\n}\n`,
  },
  {
    fault: 'a constructor of 8 dependencies',
    rule: 'house/max-dependencies',
    file: 'src/platform/seeded/dependencies-8.ts',
    text: `export class Many {\n  constructor(${dependencies(8)}) {}\n}\n`,
  },
  {
    fault: 'process.env outside platform/config',
    rule: 'house/settings-only',
    file: 'src/platform/database/seeded-env.ts',
    text: `export const url = process.env.ROOKERY_DATABASE_URL;\n`,
  },
  {
    fault: 'new Date() outside platform/clock',
    rule: 'house/clock-only',
    file: 'src/modules/devices/seeded-now.ts',
    text: `export const seenAt = (): Date => new Date();\n`,
  },
  {
    fault: 'Date.now() outside platform/clock',
    rule: 'house/clock-only',
    file: 'src/http/ddi/seeded-now.ts',
    text: `export const seenAtMs = (): number => Date.now();\n`,
  },
  {
    fault: 'console outside main and cli',
    rule: 'no-console',
    file: 'src/modules/devices/seeded-console.ts',
    text: `export const say = (text: string): void => {\n  console.log(text);\n};\n`,
  },
  {
    fault: 'a default export',
    rule: 'house/no-default-export',
    file: 'src/platform/seeded/default.ts',
    text: `export default 1;\n`,
  },
  {
    fault: 'forwardRef',
    rule: 'house/no-forward-ref',
    file: 'src/modules/devices/seeded-forward.ts',
    text: `import { forwardRef } from '@nestjs/common';\nexport const later = forwardRef(() => String);\n`,
  },
  {
    fault: 'a barrel index.ts',
    rule: 'house/source-name',
    file: 'src/platform/seeded/index.ts',
    text: `export { url } from './settled';\n`,
  },
  {
    fault: 'a file called utils',
    rule: 'house/source-name',
    file: 'src/platform/seeded/string-utils.ts',
    text: `export const one = 1;\n`,
  },
  {
    fault: 'a function called handle…',
    rule: 'house/plain-names',
    file: 'src/modules/devices/seeded-handle.ts',
    text: `export function handleDevice(id: string): string {\n  return id;\n}\n`,
  },
  {
    fault: 'commented-out code',
    rule: 'house/no-commented-code',
    file: 'src/platform/seeded/commented.ts',
    text: `// const two = one + one;\nexport const one = 1;\n`,
  },
  {
    fault: 'a migration without its date',
    rule: 'house/migration-name',
    file: 'migrations/seeded.ts',
    text: `export const seeded = 1;\n`,
  },
  {
    fault: 'a focused test',
    rule: 'house/no-focused-test',
    file: 'test/unit/seeded-only.spec.ts',
    text: `it.only('is alone', () => {\n  expect(1).toBe(1);\n});\n`,
  },
  {
    fault: 'a mocked repository',
    rule: 'house/no-mocked-database',
    file: 'test/unit/seeded-mock.spec.ts',
    text: `class DevicesRepository {}\nexport const fake = { provide: DevicesRepository, useValue: {} };\n`,
  },
];

export const sound = {
  'src/platform/seeded/lines-400.ts': linesOfFile(400),
  'src/platform/seeded/function-50.ts': linesOfFunction(50),
  'src/platform/seeded/complexity-10.ts': branches(9),
  'src/platform/seeded/depth-4.ts': nested(4),
  'src/platform/seeded/params-4.ts': `export function few(${parameters(4)}): number {\n  return p0 + p1 + p2 + p3;\n}\n`,
  'src/platform/seeded/dependencies-7.ts': `export class Few {\n  constructor(${dependencies(7)}) {}\n}\n`,
  'src/platform/config/seeded-env.ts': `export const url = process.env.ROOKERY_DATABASE_URL;\n`,
  'src/platform/clock/seeded-now.ts': `export const now = (): Date => new Date();\n`,
  'src/modules/devices/seeded-instant.ts': `export const firstAt = (ms: number): Date => new Date(ms);\n`,
  'src/cli/seeded-print.ts': `export const print = (text: string): void => {\n  console.log(text);\n};\n`,
  'src/http/ddi/seeded.ts': `export class SeededLinks {\n  readonly _links = {};\n  readonly 'download-http' = '';\n}\n`,
  'src/platform/seeded/prose.ts': `// The device returns (see the DDI); it is not asked again, so return early\n// if it is gone.\nexport const one = 1;\n`,
  'migrations/1700000000000-SeededDevice.ts': `import type { MigrationInterface, QueryRunner } from 'typeorm';

export class SeededDevice1700000000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query('SELECT 1');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('SELECT 1');
  }
}
`,
  'src/modules/devices/seeded.entity.ts': `import { Column, Entity, PrimaryColumn } from 'typeorm';

@Entity('seeded')
export class SeededEntity {
  @PrimaryColumn('bigint')
  id!: string;

  @Column('text', { name: 'controller_id' })
  controllerId!: string;
}
`,
  'src/modules/devices/seeded.service.ts': `import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { SeededEntity } from './seeded.entity';

@Injectable()
export class SeededService {
  constructor(private readonly database: DataSource) {}

  async list(limit: number): Promise<readonly SeededEntity[]> {
    return this.database.getRepository(SeededEntity).find({ take: limit });
  }

  async count(tenant: string): Promise<number> {
    const [row] = await this.database.query<{ devices: number }[]>('SELECT count(*)::int AS devices WHERE $1', [tenant]);
    return row?.devices ?? 0;
  }
}
`,
  'src/modules/devices/seeded.module.ts': `import { Module } from '@nestjs/common';
import { SeededService } from './seeded.service';

@Module({ providers: [SeededService], exports: [SeededService] })
export class SeededModule {}
`,
  'src/http/management/seeded.dto.ts': `import { ApiProperty } from '@nestjs/swagger';
import { IsInt, IsOptional, IsString, Max, Min } from 'class-validator';

export class SeededQuery {
  @ApiProperty({ description: 'How many at most' })
  @IsOptional()
  @IsInt()
  @Min(1)
  @Max(500)
  limit = 50;

  @IsString()
  tenant!: string;
}
`,
  'src/http/management/seeded.controller.ts': `import { Controller, Get, Param, Query, Res } from '@nestjs/common';
import type { Response } from 'express';
import { SeededService } from '../../modules/devices/seeded.service';
import { SeededQuery } from './seeded.dto';

@Controller('api/v1/seeded')
export class SeededController {
  constructor(private readonly devices: SeededService) {}

  @Get(':id')
  async list(@Param('id') id: string, @Query() query: SeededQuery, @Res() response: Response): Promise<void> {
    const devices = await this.devices.list(query.limit);
    response.setHeader('x-count', \`\${devices.length} of \${id}\`).json(devices);
  }
}
`,
  'test/http/seeded.http-spec.ts': `import type { INestApplication } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import type { Server } from 'node:http';
import request from 'supertest';
import { SeededModule } from '../../src/modules/devices/seeded.module';

describe('the seeded controller', () => {
  let app: INestApplication<Server>;

  beforeAll(async () => {
    const module = await Test.createTestingModule({ imports: [SeededModule] }).compile();
    app = module.createNestApplication();
    await app.init();
  });

  it('answers with what it has', async () => {
    const answer = await request(app.getHttpServer()).get('/api/v1/seeded/1').expect(200);
    expect(answer.body.items[0].id).toBe('1');
    expect(answer.body).toEqual(expect.objectContaining({ items: expect.any(Array) }));
  });
});
`,
};
