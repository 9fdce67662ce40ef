import { applyDecorators, SetMetadata } from '@nestjs/common';
import { ApiBody, ApiConsumes } from '@nestjs/swagger';
import { READS_BODY } from '../json-body.guard';

/** The upload form in the OpenAPI document; the handler reads the request itself, as it comes. */
export function TakesReleaseForm(): MethodDecorator {
  return applyDecorators(
    SetMetadata(READS_BODY, true),
    ApiConsumes('multipart/form-data'),
    ApiBody({
      schema: {
        type: 'object',
        required: ['file'],
        properties: {
          file: {
            type: 'array',
            items: { type: 'string', format: 'binary' },
            description: 'One or more; each makes a module.',
          },
          name: { type: 'string', description: 'From the file when left out.' },
          version: { type: 'string', description: 'From the bundle when left out; other files need it.' },
          notes: { type: 'string' },
          compatibility: {
            type: 'string',
            description:
              'Hardware as model:revision, comma-separated, or * for all. From the bundle when left out.',
          },
        },
      },
    }),
  );
}
