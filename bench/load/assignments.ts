import { controllerIdOf } from '../devices';
import { assignmentBody } from './bodies';
import type { Conversation, Round } from './conversation';
import { bodyOf } from './expect';

/** What of the answer is looked at. */
interface Made {
  readonly assigned: number;
  readonly alreadyAssigned: number;
  readonly actions: readonly { readonly controllerId: string }[];
}

/** An operator gives devices a release, so many at once, each of them once. A database's first release has the id 1. */
export function* assignments({ topic, closeUnit, takeNumber }: Round): Conversation {
  const { port, apiToken, devices, unitsPerRequest } = topic;
  const head = [
    `POST /api/v1/assignments HTTP/1.1\r\nHost: 127.0.0.1:${port}`,
    `Authorization: Bearer ${apiToken}`,
    'Content-Type: application/json',
    'User-Agent: rookery-bench\r\n',
  ].join('\r\n');
  for (;;) {
    const numbers = Array.from({ length: unitsPerRequest }, () => takeNumber());
    if ((numbers.at(-1) ?? 0) > devices) return;
    const names = numbers.map(controllerIdOf);
    const body = assignmentBody('1', names);
    const answer = yield `${head}Content-Length: ${body.length}\r\n\r\n${body}`;
    expectMade(bodyOf(answer, 'an assignment', 201), names);
    closeUnit(unitsPerRequest);
  }
}

function expectMade(body: string, names: readonly string[]): void {
  const { assigned, alreadyAssigned, actions } = JSON.parse(body) as Made;
  const made = new Set(actions.map(({ controllerId }) => controllerId));
  if (assigned !== names.length || alreadyAssigned !== 0 || !names.every((name) => made.has(name)))
    throw new Error(
      `of ${names.length} devices from ${names[0] ?? ''} on ${assigned} were assigned: ${body}`,
    );
}
