import { artifactBytes, ARTIFACT_BYTES, ARTIFACT_NAME } from '../artifact';
import { controllerIdOf } from '../devices';
import type { Conversation, Round } from './conversation';
import { anyOf, bodyOf } from './expect';
import { Requests } from './requests';

const RANGES = 16;
const RANGE_BYTES = ARTIFACT_BYTES / RANGES;
/** As hawkBit's, which SWUpdate's delta handler is known to read. */
const BOUNDARY = '--THIS_STRING_SEPARATES_MULTIPART';

const ranges = Array.from(
  { length: RANGES },
  (_range, index) => `${index * RANGE_BYTES}-${(index + 1) * RANGE_BYTES - 1}`,
);
/** Made once: no connection waits for it. */
const expected = partsOf(artifactBytes(ARTIFACT_BYTES).toString('latin1'));

/** The artifact in one request and many ranges, as SWUpdate's delta handler asks, framing compared as well as bytes. */
export function* rangedDownloads({ topic, closeUnit }: Round): Conversation {
  const requests = new Requests(topic);
  const path = `/softwaremodules/1/artifacts/${ARTIFACT_NAME}`;
  for (;;) {
    const controllerId = controllerIdOf(anyOf(topic.devices));
    const answer = yield requests.getRanges(controllerId, path, ranges.join(','));
    const body = bodyOf(answer, `${RANGES} ranges`, 206);
    if (body !== expected)
      throw new Error(`${body.length} bytes of ranges differ from the uploaded artifact`);
    closeUnit();
  }
}

function partsOf(artifact: string): string {
  const parts = ranges.map(
    (range, index) =>
      `${BOUNDARY}\r\nContent-Type: application/octet-stream\r\nContent-Range: bytes ${range}/${ARTIFACT_BYTES}\r\n\r\n` +
      artifact.slice(index * RANGE_BYTES, (index + 1) * RANGE_BYTES),
  );
  return `${parts.join('\r\n')}\r\n${BOUNDARY}--`;
}
