import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020';
import { load } from 'js-yaml';
import type { ContractCase } from './contract-case';

export const FOLDER = join(__dirname, '..', '..', '..', 'ddi-spec');

/** How an assertion of hawkBit's tests is kept. */
export interface Assertion {
  readonly id: string;
  readonly name: string;
  readonly status: 'case' | 'departure' | 'not-a-case';
  /** Why it cannot be a case. */
  readonly reason?: string;
}

/** A file of cases, as it stands. */
interface CaseFile {
  readonly section: string;
  readonly cases: readonly ContractCase[];
}

/** Every case of the contract, in the order of the files' sections. @throws when a file is not as `case.schema.yaml` says */
export function loadCases(): ContractCase[] {
  const validate = new Ajv2020({ strict: false, allErrors: true }).compile(
    yaml('case.schema.yaml') as object,
  );
  return readdirSync(join(FOLDER, 'cases'))
    .sort()
    .flatMap((file) => {
      const content = yaml(join('cases', file));
      if (validate(content)) return (content as CaseFile).cases;
      const faults = (validate.errors ?? []).map((error) => `${error.instancePath} ${error.message ?? ''}`);
      throw new Error([`ddi-spec/cases/${file} is not as case.schema.yaml says`, ...faults].join('\n'));
    });
}

/** Every assertion of hawkBit's tests that the contract counts. */
export function loadAssertions(): Assertion[] {
  return (yaml('assertions.yaml') as { assertions: Assertion[] }).assertions;
}

function yaml(path: string): unknown {
  return load(readFileSync(join(FOLDER, path), 'utf8'));
}
