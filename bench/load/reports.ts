import { controllerIdOf } from '../devices';
import { attributesBody, feedbackBody, successBody } from './bodies';
import type { Conversation, Round } from './conversation';
import { anyOf, expectEmpty } from './expect';
import { Requests } from './requests';

/** Progress on open actions, each report with words of its own, each time by another device of the fleet. */
export function* feedbacks({ topic, closeUnit, takeNumber }: Round): Conversation {
  const requests = new Requests(topic);
  for (;;) {
    const device = anyOf(topic.devices);
    const controllerId = controllerIdOf(device);
    const words = `Installing Update Chunk Artifacts, part ${takeNumber()}.`;
    const body = feedbackBody(String(device), 'proceeding', words);
    expectEmpty(
      yield requests.post(controllerId, `/deploymentBase/${device}/feedback`, body),
      `report of ${device}`,
    );
    closeUnit();
  }
}

/** The report that ends an action with success, once per device. */
export function* closings({ topic, closeUnit, takeNumber }: Round): Conversation {
  const requests = new Requests(topic);
  for (let device = takeNumber(); device <= topic.devices; device = takeNumber()) {
    const path = `/deploymentBase/${device}/feedback`;
    const request = requests.post(controllerIdOf(device), path, successBody(String(device)));
    expectEmpty(yield request, `end of ${device}`);
    closeUnit();
  }
}

/** Attributes of which one has changed; the version has not. */
export function* configData({ topic, closeUnit, takeNumber }: Round): Conversation {
  const requests = new Requests(topic);
  for (;;) {
    const device = anyOf(topic.devices);
    const body = attributesBody(device, '1.0', `boot ${takeNumber()}`);
    expectEmpty(yield requests.put(controllerIdOf(device), '/configData', body), `attributes of ${device}`);
    closeUnit();
  }
}
