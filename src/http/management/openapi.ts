import type { INestApplication } from '@nestjs/common';
import { DocumentBuilder, SwaggerModule, type OpenAPIObject } from '@nestjs/swagger';
import type { Request, Response } from 'express';
import { ManagementModule } from './management.module';
import { Problem } from './problems/problem';
import { problemContent } from './problems/refuses.decorator';

/** Where the document is served. */
export const OPENAPI_PATH = '/openapi.json';

const TAGS = {
  identity: 'Logging in, and the tokens of machines',
  tenant: 'The stop-all switch, and what a tenant settles for itself',
  releases: 'What devices can be given',
  feeds: 'The channels that devices follow',
  devices: 'The fleet',
  rollouts: 'Who gets which release',
  actions: 'What happens on devices',
  audit: 'Who did what',
};

/** The management API as OpenAPI; depends on nothing but the code. */
export function buildOpenApi(app: INestApplication): OpenAPIObject {
  const builder = new DocumentBuilder()
    .setTitle('Rookery management API')
    .setDescription(
      'Releases, feeds, devices, rollouts and actions of an over-the-air update server. Errors are RFC 9457 problems.',
    )
    .setVersion('1')
    .setLicense('Apache-2.0', 'https://www.apache.org/licenses/LICENSE-2.0')
    .addBearerAuth({
      type: 'http',
      scheme: 'bearer',
      description: 'An API token, or one from POST /api/v1/sessions.',
    });
  for (const [name, description] of Object.entries(TAGS)) builder.addTag(name, description);
  const document = SwaggerModule.createDocument(app, builder.build(), {
    include: [ManagementModule],
    extraModels: [Problem],
    operationIdFactory: (_controller, method) => method,
  });
  addCommonRefusals(document);
  return document;
}

/** Every operation with a token can refuse it, and any operation can fail. */
function addCommonRefusals(document: OpenAPIObject): void {
  const refusal = (description: string): object => ({ description, content: problemContent() });
  for (const { get, post, patch, delete: remove } of Object.values(document.paths)) {
    for (const operation of [get, post, patch, remove]) {
      if (operation === undefined) continue;
      const guarded = { '401': refusal('Unauthorized'), '403': refusal('Forbidden') };
      const added = {
        ...(operation.security === undefined ? {} : guarded),
        default: refusal('Any other problem'),
      };
      operation.responses = { ...operation.responses, ...added } as typeof operation.responses;
    }
  }
}

/** Serves the document at {@link OPENAPI_PATH}; call before `app.init()`. It is built when it is first asked for. */
export function serveOpenApi(app: INestApplication): void {
  let text: string | undefined;
  app.getHttpAdapter().get(OPENAPI_PATH, (_request: Request, response: Response) => {
    text ??= JSON.stringify(buildOpenApi(app));
    response.type('application/json').send(text);
  });
}
