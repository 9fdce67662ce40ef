import { ARTIFACT_BYTES, ARTIFACT_NAME } from '../artifact';
import { controllerIdOf } from '../devices';
import type { Answer } from './answer';
import type { Conversation, Round } from './conversation';
import { anyOf, bodyOf } from './expect';
import { Requests } from './requests';

/** The artifact, whole, each time by another device whose action allows it. A database's first module has the id 1. */
export function* downloads({ topic, closeUnit }: Round): Conversation {
  const requests = new Requests(topic);
  for (;;) {
    const controllerId = controllerIdOf(anyOf(topic.devices));
    const answer = yield requests.get(controllerId, `/softwaremodules/1/artifacts/${ARTIFACT_NAME}`);
    expectArtifact(answer, topic.artifactBytes);
    closeUnit();
  }
}

/** The first byte of the artifact: all the asking with next to none of the sending. */
export function* firstBytes({ topic, closeUnit }: Round): Conversation {
  const requests = new Requests(topic);
  const path = `/softwaremodules/1/artifacts/${ARTIFACT_NAME}`;
  for (;;) {
    bodyOf(yield requests.getRanges(controllerIdOf(anyOf(topic.devices)), path, '0-0'), 'a byte', 206);
    closeUnit();
  }
}

/** Its bytes were compared when they came; this is about there being as many. @throws Error when there are not */
export function expectArtifact(answer: Answer | undefined, bytes = ARTIFACT_BYTES): void {
  bodyOf(answer, 'the artifact');
  if (answer?.bytes !== bytes) throw new Error(`an artifact of ${answer?.bytes ?? 0} bytes was sent`);
}
