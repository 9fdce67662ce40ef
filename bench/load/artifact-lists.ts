import { ARTIFACT_BYTES, ARTIFACT_NAME } from '../artifact';
import { controllerIdOf } from '../devices';
import type { Conversation, Round } from './conversation';
import { anyOf, bodyOf } from './expect';
import { linkIn } from './offers';
import { Requests } from './requests';

/** The files of a module, each time for another device whose action is about it. A database's first module has the id 1. */
export function* artifactLists({ topic, closeUnit }: Round): Conversation {
  const requests = new Requests(topic);
  for (;;) {
    const controllerId = controllerIdOf(anyOf(topic.devices));
    const path = '/softwaremodules/1/artifacts';
    const body = bodyOf(yield requests.get(controllerId, path), path);
    const isList =
      body.startsWith(`[{"filename":"${ARTIFACT_NAME}"`) && body.includes(`"size":${ARTIFACT_BYTES},`);
    if (!isList || !linkIn(body, 'download').endsWith(`/${controllerId}${path}/${ARTIFACT_NAME}`))
      throw new Error(`this is not the list of files for ${controllerId}: ${body}`);
    closeUnit();
  }
}
