import { controllerIdOf } from '../devices';
import type { Conversation, Round } from './conversation';
import { bodyOf } from './expect';
import { Requests } from './requests';

/** Root polls of devices that nobody has heard of: each is registered and asked for its attributes. */
export function* firstContacts({ topic, closeUnit, takeNumber }: Round): Conversation {
  const requests = new Requests(topic);
  for (;;) {
    const controllerId = controllerIdOf(takeNumber());
    const body = bodyOf(yield requests.get(controllerId), controllerId);
    if (!body.includes('/configData"'))
      throw new Error(`${controllerId} was not asked for its attributes: ${body}`);
    closeUnit();
  }
}
