import fc from 'fast-check';
import { pollBody, sleepText } from './poll-body';

const DEVICE = 'http://localhost:8080/default/controller/v1/device-1';

describe('sleepText', () => {
  it.each([
    [300_000, '00:05:00'],
    [1000, '00:00:01'],
    [30_000, '00:00:30'],
    [3_600_000, '01:00:00'],
    [45_296_000, '12:34:56'],
    [86_399_000, '23:59:59'],
    [86_400_000, '23:59:59'],
    [999_999_999_999, '23:59:59'],
    [0, '00:00:01'],
    [-5000, '00:00:01'],
    [1499, '00:00:01'],
    [1500, '00:00:02'],
  ])('%i ms is %s', (intervalMs, text) => {
    expect(sleepText(intervalMs)).toBe(text);
  });

  it('has exactly 8 characters and lies between a second and a day', () => {
    fc.assert(
      fc.property(fc.integer(), (intervalMs) => {
        expect(sleepText(intervalMs)).toMatch(/^([01]\d|2[0-3]):[0-5]\d:[0-5]\d$/);
        expect(sleepText(intervalMs)).not.toBe('00:00:00');
      }),
    );
  });
});

describe('pollBody', () => {
  it('has no links when there is nothing to tell', () => {
    expect(
      pollBody('00:05:00', DEVICE, { kind: 'idle', wantsAttributes: false, installedActionId: undefined }),
    ).toBe('{"config":{"polling":{"sleep":"00:05:00"}}}');
  });

  it('asks for attributes', () => {
    expect(
      pollBody('00:05:00', DEVICE, { kind: 'idle', wantsAttributes: true, installedActionId: undefined }),
    ).toBe(
      `{"config":{"polling":{"sleep":"00:05:00"}},"_links":{"configData":{"href":"${DEVICE}/configData"}}}`,
    );
  });

  it('links the deployment', () => {
    const directive = {
      kind: 'update',
      actionId: '42',
      tag: 77,
      wantsAttributes: false,
      installedActionId: undefined,
    } as const;
    expect(pollBody('00:05:00', DEVICE, directive)).toBe(
      `{"config":{"polling":{"sleep":"00:05:00"}},"_links":{"deploymentBase":{"href":"${DEVICE}/deploymentBase/42?c=77"}}}`,
    );
  });

  it('links the cancel without a query, and no deployment beside it', () => {
    const directive = {
      kind: 'cancel',
      actionId: '42',
      wantsAttributes: false,
      installedActionId: undefined,
    } as const;
    expect(pollBody('00:05:00', DEVICE, directive)).toBe(
      `{"config":{"polling":{"sleep":"00:05:00"}},"_links":{"cancelAction":{"href":"${DEVICE}/cancelAction/42"}}}`,
    );
  });

  it('links deployment and attributes together', () => {
    const directive = {
      kind: 'update',
      actionId: '42',
      tag: 77,
      wantsAttributes: true,
      installedActionId: undefined,
    } as const;
    expect(JSON.parse(pollBody('00:00:01', DEVICE, directive))).toEqual({
      config: { polling: { sleep: '00:00:01' } },
      _links: {
        deploymentBase: { href: `${DEVICE}/deploymentBase/42?c=77` },
        configData: { href: `${DEVICE}/configData` },
      },
    });
  });

  it('links what waits for consent, and what is installed beside it', () => {
    const directive = {
      kind: 'confirm',
      actionId: '42',
      tag: 5,
      wantsAttributes: false,
      installedActionId: '7',
    } as const;
    expect(JSON.parse(pollBody('00:05:00', DEVICE, directive))).toEqual({
      config: { polling: { sleep: '00:05:00' } },
      _links: {
        confirmationBase: { href: `${DEVICE}/confirmationBase/42?c=5` },
        installedBase: { href: `${DEVICE}/installedBase/7` },
      },
    });
  });

  it('is JSON whatever the address of the device holds', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (address) => {
        const body = pollBody('00:05:00', address, {
          kind: 'update',
          actionId: '1',
          wantsAttributes: true,
          installedActionId: undefined,
        });
        expect(JSON.parse(body)).toMatchObject({ _links: { configData: { href: `${address}/configData` } } });
      }),
    );
  });
});
