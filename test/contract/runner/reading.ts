import type { ContractCase, Expectation, Step } from './contract-case';
import { methodOf, writtenOut } from './request';

/** A request of a case as far as it can be read without a server. */
export interface WrittenRequest {
  readonly caseId: string;
  readonly method: string;
  /** With "1" for every value that only a replay knows; undefined when the whole address comes from an answer. */
  readonly path: string | undefined;
  readonly status: unknown;
  readonly step: Step;
}

/** Every request that a case may send, setup included. */
export function requestsOf(contractCase: ContractCase): WrittenRequest[] {
  return [...(contractCase.setup ?? []), ...contractCase.steps].flatMap((raw) => {
    const step = writtenOut(raw);
    const method = methodOf(step);
    if (method === undefined) return [];
    const status = (step.expect as Expectation | undefined)?.status ?? step.expect;
    return [{ caseId: contractCase.id, method, path: pathOf(step, step[method] ?? ''), status, step }];
  });
}

function pathOf(step: Step, template: string): string | undefined {
  const path = template.split('?', 1)[0]?.replace(/\$\{[\w.-]+\}/g, '1') ?? '';
  if (/^https?:/.test(template) || template.startsWith('${')) return undefined;
  return step.at === 'server' ? path : `/DEFAULT/controller/v1/device-1${path}`;
}
