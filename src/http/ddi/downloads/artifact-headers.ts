import type { OutgoingHttpHeaders } from 'node:http';
import type { Artifact } from '../../../modules/releases/release/release';
import type { RequestedBytes } from './byte-range';
import { MULTIPART_TYPE } from './multipart-bytes';

/** RFC 9110 separators: a name with one of them has to be quoted. */
const SEPARATORS = /[()<>@,;:\\"/[\]?={} \t]/;

/** The headers of 200, 206 and 416 alike (contract 1.5). */
export function artifactHeaders(artifact: Artifact, bytes: RequestedBytes): OutgoingHttpHeaders {
  return {
    'Content-Type': bytes.kind === 'several' ? MULTIPART_TYPE : 'application/octet-stream',
    'Content-Disposition': `attachment;filename=${dispositionName(artifact.fileName)}`,
    'Last-Modified': artifact.createdAt.toUTCString(),
    ETag: `"${artifact.sha1}"`,
    'Accept-Ranges': 'bytes',
    'X-Content-Type-Options': 'nosniff',
    ...lengths(artifact.sizeBytes, bytes),
  };
}

function lengths(sizeBytes: number, bytes: RequestedBytes): OutgoingHttpHeaders {
  switch (bytes.kind) {
    case 'unsatisfiable':
      return { 'Content-Range': `bytes */${sizeBytes}`, 'Content-Length': 0 };
    case 'single':
      return {
        'Content-Range': `bytes ${bytes.start}-${bytes.endInclusive}/${sizeBytes}`,
        'Content-Length': bytes.endInclusive - bytes.start + 1,
      };
    case 'whole':
      return { 'Content-Length': sizeBytes };
    case 'several':
      // hawkBit tells neither; the ranges stand in the parts.
      return {};
  }
}

/** Header values are Latin-1 at most: other letters become underscores here and stay whole in the URL. */
export function dispositionName(fileName: string): string {
  const ascii = fileName.replace(/[^\x20-\x7e]/g, '_');
  return SEPARATORS.test(ascii) ? `"${ascii.replace(/["\\]/g, '\\$&')}"` : ascii;
}

/** Where the checksum of a file stands: behind its name. */
export const MD5_SUFFIX = '.MD5SUM';

/** The headers of a checksum (contract E4). It has neither ETag nor ranges, with hawkBit neither. */
export function md5Headers(artifact: Artifact): OutgoingHttpHeaders {
  return {
    'Content-Type': 'text/plain',
    'Content-Length': Buffer.byteLength(md5Text(artifact)),
    'Content-Disposition': `attachment;filename=${dispositionName(artifact.fileName + MD5_SUFFIX)}`,
    'X-Content-Type-Options': 'nosniff',
  };
}

/** `<md5>  <file name>`, as md5sum writes it, without a newline (contract E4). */
export function md5Text(artifact: Artifact): string {
  return `${artifact.md5}  ${artifact.fileName}`;
}
