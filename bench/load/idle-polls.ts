import { controllerIdOf } from '../devices';
import type { Conversation, Round } from './conversation';
import { anyOf, bodyOf } from './expect';
import { Requests } from './requests';

/** The default interval of the server. */
const SLEEP = '"sleep":"00:05:00"';

/** Root polls of devices that have nothing to do and never had, each time another one of the fleet. */
export function* idlePolls({ topic, closeUnit }: Round): Conversation {
  const requests = new Requests(topic);
  for (;;) {
    const controllerId = controllerIdOf(anyOf(topic.devices));
    const body = bodyOf(yield requests.get(controllerId), controllerId);
    if (!body.includes(SLEEP) || body.includes('_links'))
      throw new Error(`${controllerId} was not told to sleep: ${body}`);
    closeUnit();
  }
}

/** The same of devices that were updated before: they are told where to read by what. */
export function* installedPolls({ topic, closeUnit }: Round): Conversation {
  const requests = new Requests(topic);
  for (;;) {
    const device = anyOf(topic.devices);
    const controllerId = controllerIdOf(device);
    expectInstalled(bodyOf(yield requests.get(controllerId), controllerId), String(device));
    closeUnit();
  }
}

/** Nothing to do, and the last update as the only link. @throws Error about any other answer to a poll */
export function expectInstalled(body: string, actionId: string): void {
  const isOnlyLink =
    body.includes(`${SLEEP}}},"_links":{"installedBase":`) && body.endsWith(`/installedBase/${actionId}"}}}`);
  if (!isOnlyLink)
    throw new Error(`a device that was updated by ${actionId} was not told just that: ${body}`);
}
