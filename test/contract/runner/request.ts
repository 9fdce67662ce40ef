import cbor from 'cbor';
import type { Step } from './contract-case';
import type { Scene } from './scene';
import type { Request } from './transport';

export const METHODS = ['get', 'head', 'post', 'put', 'delete'] as const;
type Method = (typeof METHODS)[number];

/** The shorthands of a device's most frequent requests, written out. The step is filled already. */
export function writtenOut(step: Step): Step {
  if (step.poll !== undefined)
    return { ...step, get: '', expect: { ...expectationOf(step), links: step.poll } };
  if (step.feedback !== undefined) return reportOf(step, `/deploymentBase/${step.feedback}/feedback`);
  if (step.cancelFeedback !== undefined)
    return reportOf(step, `/cancelAction/${step.cancelFeedback}/feedback`);
  if (step.confirmation !== undefined) {
    const { says: confirmation, code, details } = step;
    const path = `/confirmationBase/${step.confirmation}/feedback`;
    return withBody(
      { ...step, post: path, expect: step.expect ?? 200 },
      given({ confirmation, code, details }),
    );
  }
  return step;
}

function expectationOf({ expect }: Step): { readonly status: unknown } {
  return typeof expect === 'object' ? expect : { status: expect ?? 200 };
}

/** `says: closed/success` is execution and result; hawkBit's tests send some progress with each. */
function reportOf(step: Step, path: string): Step {
  const [execution = '', finished = 'none'] = (step.says ?? '').split('/');
  const details = step.details ?? [execution];
  const result = { finished, progress: { cnt: 2, of: 5 } };
  const body = { status: given({ execution, result, code: step.code, details }) };
  return withBody({ ...step, post: path, expect: step.expect ?? 200 }, body);
}

function withBody(step: Step, body: object): Step {
  return step.type === 'application/cbor' ? { ...step, cbor: body } : { ...step, json: body };
}

function given(fields: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}

export function methodOf(step: Step): Method | undefined {
  return METHODS.find((method) => step[method] !== undefined);
}

/** The request of a step that is written out. */
export function requestOf(scene: Scene, step: Step): Request {
  const method = methodOf(step);
  if (method === undefined) throw new Error('the step has no request');
  const body = bodyOf(step);
  const contentType = step.type ?? body?.type;
  const headers: Record<string, string | null> = {
    ...scene.server.adapter.deviceHeaders(),
    ...(contentType === undefined ? {} : { 'Content-Type': contentType }),
    ...step.headers,
  };
  return {
    method: method.toUpperCase(),
    url: urlOf(scene, step, step[method] ?? ''),
    headers: Object.fromEntries(
      Object.entries(headers).flatMap(([name, value]) => (value === null ? [] : [[name, value]])),
    ),
    ...(body === undefined ? {} : { body: body.bytes }),
  };
}

function urlOf(scene: Scene, step: Step, path: string): string {
  if (/^https?:/.test(path)) return path;
  return `${step.at === 'server' ? scene.server.url : scene.text(`${step.of ?? 'device'}.url`)}${path}`;
}

function bodyOf(step: Step): { readonly bytes: Buffer; readonly type: string } | undefined {
  if (step.json !== undefined)
    return { bytes: Buffer.from(JSON.stringify(step.json)), type: 'application/json' };
  if (step.cbor !== undefined) return { bytes: cbor.encode(step.cbor), type: 'application/cbor' };
  if (step.text !== undefined) return { bytes: Buffer.from(step.text), type: 'application/json' };
  return undefined;
}
