import { randomUUID } from 'node:crypto';
import type { Conversation, Round } from './conversation';
import { bodyOf } from './expect';

/** A rollout to everyone from its making to its close: made, started, paused, closed. A database's first release has the id 1. */
export function* rolloutVerbs({ topic, closeUnit }: Round): Conversation {
  const { port, apiToken } = topic;
  const post = (path: string, body: string): string =>
    [
      `POST /api/v1/rollouts${path} HTTP/1.1\r\nHost: 127.0.0.1:${port}`,
      `Authorization: Bearer ${apiToken}`,
      'Content-Type: application/json',
      'User-Agent: rookery-bench',
      `Content-Length: ${body.length}\r\n\r\n${body}`,
    ].join('\r\n');
  for (;;) {
    const wish = JSON.stringify({ name: `verbs ${randomUUID()}`, feed: 'default', releaseId: '1' });
    const made = bodyOf(yield post('', wish), 'a rollout', 201);
    const { id } = JSON.parse(made) as { id: string };
    expectState(bodyOf(yield post(`/${id}/start`, ''), 'a start'), 'running');
    expectState(bodyOf(yield post(`/${id}/pause`, ''), 'a pause'), 'paused');
    expectState(bodyOf(yield post(`/${id}/close`, ''), 'a close'), 'closed');
    closeUnit();
  }
}

function expectState(body: string, state: string): void {
  const rollout = JSON.parse(body) as { state: string };
  if (rollout.state !== state) throw new Error(`the rollout is not ${state}: ${body}`);
}
