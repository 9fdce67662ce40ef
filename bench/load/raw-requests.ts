import { controllerIdOf } from '../devices';
import type { Conversation, RawRequest, Round } from './conversation';
import { anyOf, bodyOf } from './expect';
import { assignmentBody, feedbackBody } from './bodies';
import { Requests } from './requests';

/** Where the bare server keeps the artifact. */
export const RAW_FILE_PATH = '/file';

/** The yardstick's units: as many requests of the same kind and size as a unit of the scenario has. */
export function* rawRequests({ topic, closeUnit }: Round): Conversation {
  const requests = new Requests(topic);
  const report = feedbackBody('1', 'proceeding', 'Installing Update Chunk Artifacts, part 12345.');
  const names = assignmentBody(
    '1',
    Array.from({ length: topic.unitsPerRequest }, (_name, index) => controllerIdOf(index)),
  );
  for (;;) {
    for (const kind of topic.raw) {
      const controllerId = controllerIdOf(anyOf(topic.devices));
      const texts: Record<RawRequest, string> = {
        get: requests.get(controllerId),
        post: requests.post(controllerId, '/deploymentBase/1/feedback', report),
        names: requests.post(controllerId, '', names),
        file: requests.getUrl(RAW_FILE_PATH),
      };
      const answer = yield texts[kind];
      bodyOf(answer, 'the bare server');
      if (kind === 'file' && answer?.bytes !== topic.artifactBytes)
        throw new Error('the bare server sent no file');
    }
    closeUnit(topic.unitsPerRequest);
  }
}
