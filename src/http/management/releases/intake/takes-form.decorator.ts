import { applyDecorators, SetMetadata } from '@nestjs/common';
import { ApiBody, ApiConsumes } from '@nestjs/swagger';
import { READS_BODY } from '../../json-body.guard';
import { UPGRADE_FROM } from './release-details-body';

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
            description: 'One or more; each makes a module, unless `modules` groups them.',
          },
          name: { type: 'string', description: 'From the file when left out.' },
          version: { type: 'string', description: 'From the bundle when left out; other files need it.' },
          notes: { type: 'string' },
          compatibility: {
            type: 'string',
            description:
              'Hardware as model:revision, comma-separated, or * for all. From the bundle when left out.',
          },
          modules: {
            type: 'string',
            description:
              'How the files make modules: a JSON list of {type, name, version, files, metadata: [{key, value, visible}], encrypted}; only files is needed.',
            example: '[{"type": "os", "files": ["rootfs.img", "kernel.img"]}]',
          },
          sha256: {
            type: 'string',
            pattern: '^[0-9a-fA-F]{64}$',
            description:
              'What the file has to be, else 422 and nothing is kept. With several files: `sha256[<file name>]` for each.',
          },
          signature: {
            type: 'string',
            description:
              'A signature over the file that is no part of it, in base64 or PEM: RSA, ECDSA or Ed25519, as `cosign sign-blob` or `openssl dgst -sign` make it, or a CMS. With several files: `signature[<file name>]`.',
          },
          requiredStep: {
            type: 'string',
            enum: ['true', 'false'],
            description: 'What is assigned to a device later waits until this one is done.',
          },
          upgradeFrom: { type: 'string', description: UPGRADE_FROM, example: '>=1.2.0 <2.0.0' },
        },
      },
    }),
  );
}
