import type { IncomingMessage } from 'node:http';
import { Busboy, type BusboyInstance } from '@fastify/busboy';
import { discardRest } from './discard-rest';
import { FormIntake } from './form-intake';
import { MultipartError } from './multipart.error';
import type { MultipartForm, MultipartLimits, MultipartOptions } from './multipart-options';

/** Headers of one part; browsers and curl need about 200 bytes. */
const PART_HEADERS = { headerSize: 8 * 1024, headerPairs: 20 };

/**
 * Reads a multipart/form-data request: fields into memory, files through `onFile`, at the pace of `onFile`. Rejects
 * with a {@link MultipartError} (limits, syntax, client gone) or with what `onFile` threw, after `onFile` settled. In
 * every case the rest of the body is read away within bounds, so the caller can answer at once.
 *
 * The parser skips parts that are not form-data or have a line break in a name; check that what you need arrived. Where
 * a part has both `filename` and `filename*`, the first one counts (RFC 7578 forbids the second).
 */
export async function readMultipartForm<T>(
  request: IncomingMessage,
  options: MultipartOptions<T>,
): Promise<MultipartForm<T>> {
  try {
    const intake = new FormIntake(options);
    const parser = parserFor(request, options.limits);
    await parse(request, parser, intake);
    return await intake.finish();
  } finally {
    discardRest(request);
  }
}

/** Resolves when the form is complete or has failed; which of the two, the intake knows. */
function parse<T>(request: IncomingMessage, parser: BusboyInstance, intake: FormIntake<T>): Promise<void> {
  const leave = (): void => {
    // A body that was read to its end closes too; whether it was a whole form is for the parser to say.
    if (request.readableEnded) return;
    intake.fail(new MultipartError(400, 'The connection closed before the form was complete.'));
  };
  return new Promise<void>((resolve) => {
    intake.onFailure = () => {
      // Reading away starts here, not after onFile settled: the client may be waiting to be read.
      request.unpipe(parser);
      discardRest(request);
      resolve();
    };
    parser.on('file', (...[fieldName, stream, fileName, , mimeType]) =>
      intake.takeFile({ fieldName, fileName, mimeType, stream }),
    );
    parser.on('field', (fieldName, value, _nameCut, isCut) => intake.takeField(fieldName, value, isCut));
    parser.on('partsLimit', () => intake.fail(new MultipartError(413, 'The form has too many parts.')));
    parser.on('error', (cause) =>
      intake.fail(
        new MultipartError(400, 'The form is cut off or not valid multipart/form-data.', { cause }),
      ),
    );
    parser.on('finish', () => {
      request.off('close', leave);
      request.unpipe(parser);
      resolve();
    });
    request.on('error', leave);
    request.on('close', leave);
    if (request.readableEnded) intake.fail(new Error('Something read the request before its form was.'));
    else if (request.destroyed) leave();
    else request.pipe(parser);
  });
}

function parserFor(request: IncomingMessage, limits: MultipartLimits): BusboyInstance {
  const contentType = request.headers['content-type'] ?? '';
  if (!/^multipart\/form-data\s*(;|$)/i.test(contentType)) {
    throw new MultipartError(415, 'Send the files as multipart/form-data.');
  }
  if (!/;\s*boundary=("[^"]{1,70}"|[^\s";]{1,70}(\s*;|\s*$))/i.test(contentType)) {
    throw new MultipartError(400, 'The Content-Type names no usable boundary.');
  }
  // One more than allowed of files and fields: the parser's own limits do not say which field it was.
  return new Busboy({
    headers: { ...request.headers, 'content-type': contentType },
    preservePath: true,
    limits: {
      ...PART_HEADERS,
      files: limits.fileCount + 1,
      fields: limits.fieldCount + 1,
      parts: limits.partCount ?? limits.fileCount + limits.fieldCount + 1,
      fileSize: limits.fileSizeBytes,
      fieldSize: limits.fieldSizeBytes,
    },
  });
}
