import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { OpenAPIObject } from '@nestjs/swagger';
import { buildOpenApi } from '../../src/http/management/openapi';
import { startRookery, type TestRookery } from '../support/rookery-app';

const COMMITTED = join(__dirname, '../../docs/openapi.json');

let rookery: TestRookery;
let document: OpenAPIObject;
beforeAll(async () => {
  rookery = await startRookery();
  document = buildOpenApi(rookery.app);
});
afterAll(() => rookery.close());

interface Operation {
  readonly path: string;
  readonly operationId?: string;
  readonly responses: Readonly<
    Record<string, { content?: Readonly<Record<string, { schema: object }>>; headers?: object }>
  >;
}

function operations(): Operation[] {
  return Object.entries(document.paths).flatMap(([path, item]) =>
    Object.values(item as Record<string, Operation>).map((operation) => ({ ...operation, path })),
  );
}

it('docs/openapi.json is what the code says; "npm run openapi" writes it', async () => {
  const text = `${JSON.stringify(document, null, 2)}\n`;
  if (process.env['ROOKERY_TEST_WRITE_OPENAPI'] === '1') await writeFile(COMMITTED, text);
  const committed = await readFile(COMMITTED, 'utf8').catch(() => '');
  if (committed !== text)
    throw new Error(
      'docs/openapi.json is not what the code says. Run "npm run openapi" and commit the file.',
    );
});

it('is the same each time it is built', () => {
  expect(buildOpenApi(rookery.app)).toEqual(document);
});

it('gives every operation an id of its own and every success a schema, or headers where it has no body', () => {
  const ids = operations().map((operation) => operation.operationId);
  expect(new Set(ids).size).toBe(ids.length);
  expect(ids.length).toBeGreaterThan(30);
  const bare = operations().filter(({ responses }) => {
    const success = Object.entries(responses).find(([status]) => status.startsWith('2'));
    if (success === undefined) return true;
    const [status, { content, headers }] = success;
    return status !== '204' && content === undefined && headers === undefined;
  });
  expect(bare.map(({ path, operationId }) => `${path} ${operationId}`)).toEqual([]);
});

it('describes every refusal as a problem', () => {
  for (const { responses } of operations()) {
    for (const [status, response] of Object.entries(responses)) {
      if (status.startsWith('2')) continue;
      expect(Object.keys(response.content ?? {})).toEqual(['application/problem+json']);
    }
  }
});

it('refers to no schema that is not there', () => {
  const names = new Set(Object.keys(document.components?.schemas ?? {}));
  const references = [...JSON.stringify(document).matchAll(/"#\/components\/schemas\/([^"]+)"/g)];
  expect(references.length).toBeGreaterThan(50);
  expect(references.map(([, name]) => name).filter((name) => !names.has(name!))).toEqual([]);
});

it('is served to anybody', async () => {
  const response = await fetch(`${rookery.url}/openapi.json`);
  expect(response.status).toBe(200);
  expect(response.headers.get('content-type')).toMatch(/^application\/json/);
  expect(await response.json()).toEqual(JSON.parse(JSON.stringify(document)));
});
