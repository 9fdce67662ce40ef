import { aShape } from '../../../../test/support/a-plan';
import type { ActionType } from '../../actions/action/action';
import { CLIENTS, type Client } from '../../devices/device/client';
import type { ReleaseShape } from '../../releases/release/release';
import { faultOfLoad } from './client-fit';

const fault = (
  client: Client,
  shape: Partial<ReleaseShape> = {},
  { type = 'forced', controllerId = 'device-1' }: { type?: ActionType; controllerId?: string } = {},
): string | undefined => faultOfLoad(client, { controllerId, shape: aShape(shape), type });

const takers = (shape: Partial<ReleaseShape>, type?: ActionType): Client[] =>
  CLIENTS.filter((client) => fault(client, shape, type === undefined ? {} : { type }) === undefined);

describe('what a client can take', () => {
  it('is one application in one .swu for all of them', () => {
    expect(takers({ types: ['application'] })).toEqual([...CLIENTS]);
  });

  it('is several files for those only that take lists', () => {
    expect(takers({ artifacts: 2, types: ['application'] })).toEqual(['swupdate', 'hawkbit-rs', 'unknown']);
    expect(fault('rauc', { artifacts: 3 })).toBe('takes 1 file in a release, and this one has 3');
  });

  it('is a module of another type than application for all but Zephyr', () => {
    expect(takers({ types: ['os'] })).not.toContain('zephyr');
    expect(fault('zephyr', { types: ['application', 'os'] })).toBe(
      'takes modules of type application only, and this release has application, os',
    );
  });

  it('is for SWUpdate what has a .swu in it, whatever else', () => {
    expect(fault('swupdate', { endings: ['.bin'] })).toBe(
      'installs .swu files only, and this release has none',
    );
    expect(fault('swupdate', { endings: [] })).toMatch(/none/);
    expect(fault('swupdate', { endings: ['.bin', '.swu'] })).toBeUndefined();
  });

  it.each([
    ['zephyr', 2 ** 31 - 1],
    ['esp', 2 ** 31 - 1],
    ['hawkbit-rs', 2 ** 32 - 1],
  ] as const)('is for %s no file above %d bytes', (client, most) => {
    const types = ['application'];
    expect(fault(client, { types, largestBytes: most })).toBeUndefined();
    expect(fault(client, { types, largestBytes: most + 1 })).toMatch(`more than ${most} bytes`);
  });

  it('is for Zephyr no link of 200 characters or more', () => {
    const types = ['application'];
    const address = 'https://'.padEnd(40, 'a');
    const link = (name: string): string =>
      `${address}/TENANT-8/controller/v1/device-1/softwaremodules/2147483647/artifacts/${name}`;
    const most = 199 - link('').length;
    expect(fault('zephyr', { types, longestName: most })).toBeUndefined();
    expect(fault('zephyr', { types, longestName: most + 1 })).toMatch('links of more than 199 characters');
    expect(fault('zephyr', { types }, { controllerId: 'ü'.repeat(20) })).toMatch('199');
  });

  it('is a mere download only for those that know what "skip" means', () => {
    expect(takers({ types: ['application'] }, 'download-only')).toEqual(['rauc', 'esp', 'unknown']);
    expect(fault('swupdate', {}, { type: 'download-only' })).toBe(
      'would take a mere download for an installation',
    );
  });
});
