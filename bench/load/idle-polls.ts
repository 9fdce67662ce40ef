import { controllerIdOf } from '../devices';
import type { Conversation, Round } from './conversation';
import { anyOf, bodyOf } from './expect';
import { Requests } from './requests';

/** The default interval of the server. */
const SLEEP = '"sleep":"00:05:00"';

/** Root polls of devices that have nothing to do, each time another one of the fleet. */
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
