import type { ContractCase } from './contract-case';

/**
 * The cases that a person named: ids (R5), sections (R), or both with commas between. Nothing named: all of them.
 * @throws when a name fits no case, since a run of nothing looks like a success
 */
export function chosen(cases: readonly ContractCase[], names: string | undefined): readonly ContractCase[] {
  const wanted = (names ?? '')
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
  if (wanted.length === 0) return cases;
  const fits = (name: string, { id }: ContractCase): boolean =>
    id === name || id.replace(/\d+$/, '') === name;
  const unknown = wanted.filter((name) => !cases.some((one) => fits(name, one)));
  if (unknown.length > 0) throw new Error(`there is no case ${unknown.join(', ')}`);
  return cases.filter((one) => wanted.some((name) => fits(name, one)));
}
