import type { Answer } from './answer';

/** The body of a 200, or of what else is a success there. @throws Error about any other answer */
export function bodyOf(answer: Answer | undefined, asked: string, status = 200): string {
  if (answer?.status !== status)
    throw new Error(`${asked} was answered ${answer?.status ?? 'nothing'}: ${answer?.body ?? ''}`);
  return answer.body;
}

/** DDI's success of a report: 200 and nothing else. @throws Error about any other answer */
export function expectEmpty(answer: Answer | undefined, asked: string): void {
  const body = bodyOf(answer, asked);
  if (body !== '') throw new Error(`${asked} was answered with a body: ${body}`);
}

/** A number from 1 to `most`. */
export function anyOf(most: number): number {
  return 1 + Math.floor(Math.random() * most);
}
