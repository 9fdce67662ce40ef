import { controllerIdOf } from '../fleet';
import type { Conversation, Topic } from './conversation';

/** The default interval of the server (and what the raw server says too). */
const SLEEP = '"sleep":"00:05:00"';

/** Root polls of devices that have nothing to do, each time another one of the fleet. */
export function* idlePolls({ devices, gatewayToken, port }: Topic): Conversation {
  const headers = [
    ` HTTP/1.1\r\nHost: 127.0.0.1:${port}`,
    `Authorization: GatewayToken ${gatewayToken}`,
    'Accept: application/hal+json',
    'User-Agent: rookery-bench\r\n\r\n',
  ].join('\r\n');
  for (;;) {
    const controllerId = controllerIdOf(1 + Math.floor(Math.random() * devices));
    const answer = yield `GET /DEFAULT/controller/v1/${controllerId}${headers}`;
    if (answer?.status !== 200)
      throw new Error(`${controllerId} was answered ${answer?.status ?? 'nothing'}`);
    if (!answer.body.includes(SLEEP) || answer.body.includes('_links'))
      throw new Error(`${controllerId} was not told to sleep: ${answer.body}`);
  }
}
