import { NotExpressibleError } from '../adapters/adapter';
import type { ContractCase, Expectation, Step } from './contract-case';
import type { Description } from './description';
import { faultsOfAnswer } from './expectation';
import { isRecord, show } from './match';
import { methodOf, requestOf, writtenOut } from './request';
import { Scene, type Server } from './scene';
import { send, type Answer, type Request } from './transport';
import { verbOf } from './verbs';

/** A case that did not go as it says, and where. */
export class CaseError extends Error {
  constructor(where: string, cause: unknown) {
    super(`${where}\n${cause instanceof Error ? cause.message : String(cause)}`, { cause });
    this.name = 'CaseError';
  }
}

/**
 * Replays a case against a server, once with each of its sets of variables.
 * @throws CaseError where it does not go as it says, NotExpressibleError when the server cannot be brought there
 */
export async function replay(
  contractCase: ContractCase,
  server: Server,
  description: Description,
): Promise<void> {
  for (const variant of contractCase.each ?? [{}]) {
    const scene = new Scene(server, contractCase, variant);
    try {
      await arrange(scene, contractCase);
      const about = contractCase.each === undefined ? '' : ` with ${show(variant)}`;
      await walk(scene, description, contractCase.setup ?? [], `setup${about}`);
      await walk(scene, description, contractCase.steps, `step${about}`);
    } finally {
      await scene.undo();
    }
  }
}

async function arrange(scene: Scene, { needs = [] }: ContractCase): Promise<void> {
  for (const need of needs.filter((one) => !scene.server.has.includes(one))) {
    const undo = await scene.server.adapter.arrange(need);
    if (undo === undefined) throw new NotExpressibleError(`The server is not known to have ${need}.`);
    scene.undoLater(undo);
  }
}

async function walk(
  scene: Scene,
  description: Description,
  steps: readonly Step[],
  part: string,
): Promise<void> {
  for (const [index, step] of steps.entries()) {
    if (step.for !== undefined && step.for !== scene.server.adapter.dialect) continue;
    try {
      await take(scene, description, step);
    } catch (error) {
      if (error instanceof NotExpressibleError) throw error;
      throw new CaseError(`${part} ${index + 1}: ${show(step)}`, error);
    }
  }
}

async function take(scene: Scene, description: Description, step: Step): Promise<void> {
  const verb = verbOf(step);
  if (verb !== undefined) {
    await verb(scene, scene.fill(step));
    return;
  }
  const { count, of } = step.slices ?? {};
  const times = count ?? step.repeat ?? 1;
  for (let turn = 1; turn <= times; turn += 1) {
    scene.set('turn', turn);
    if (of !== undefined) setSlice(scene, of, turn, times);
    if (await ask(scene, description, step, turn)) return;
  }
  if (step.until !== undefined) throw new Error(`${step.until} did not come within ${times} requests`);
}

/** One of `times` equal parts of a file. */
function setSlice(scene: Scene, file: string, turn: number, times: number): void {
  const length = scene.file(file).length / times;
  scene.set('slice.from', (turn - 1) * length);
  scene.set('slice.to', turn * length - 1);
  scene.set('slice.length', length);
}

/** Sends the request of a step and judges the answer. True when it is the one that the step waits for. */
async function ask(scene: Scene, description: Description, template: Step, turn: number): Promise<boolean> {
  const step = writtenOut(scene.fill(template));
  const request = requestOf(scene, step);
  const answer = await send(request);
  const expected = expectationOf(step);
  const isAwaited = step.until !== undefined && answer.status === step.until;
  const deviceUrl = scene.text(`${step.of ?? 'device'}.url`);
  const faults = isAwaited ? faultsOfHaste(step, turn) : faultsOfAnswer(scene, answer, expected, deviceUrl);
  faults.push(...description.faultsOf(scene.server, request, answer));
  if (faults.length > 0) throw new Error(told(request, answer, faults));
  for (const [name, source] of Object.entries(step.keep ?? {})) scene.set(name, kept(answer, source));
  return isAwaited;
}

function expectationOf({ expect }: Step): Expectation {
  return typeof expect === 'object' ? expect : { status: expect };
}

function faultsOfHaste({ until, notBefore = 1 }: Step, turn: number): string[] {
  return turn >= notBefore
    ? []
    : [`${until} came with request ${turn}, not before ${notBefore} was expected`];
}

/** `header ETag` or `body _links.deploymentBase.href`. */
function kept(answer: Answer, source: string): unknown {
  const [kind, path = ''] = source.split(' ', 2);
  if (kind === 'header') return answer.headers[path.toLowerCase()];
  return path
    .split('.')
    .reduce<unknown>(
      (value, key) => (isRecord(value) || Array.isArray(value) ? Reflect.get(value, key) : undefined),
      answer.tree(),
    );
}

function told(request: Request, answer: Answer, faults: readonly string[]): string {
  const sent = `${request.method} ${request.url}${request.body === undefined ? '' : ` (${request.body.length} bytes)`}`;
  return [...faults, `asked: ${sent}`, `answered: ${answer.describe()}`].join('\n');
}

/** True when the step sends a request, so that the description has to know it. */
export function isRequest(step: Step): boolean {
  return methodOf(writtenOut(step)) !== undefined;
}
