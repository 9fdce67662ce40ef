import { anArtifact } from '../../../../test/support/a-artifact';
import { anAction } from '../../../../test/support/an-action';
import type { Action } from '../../../modules/actions/action/action';
import type { Release, ReleaseModule } from '../../../modules/releases/release/release';
import { cancelBody, deploymentBody } from './deployment-body';

const URL_OF_DEVICE = 'http://updates.example.com/DEFAULT/controller/v1/device-1';

function aModule(changes: Partial<ReleaseModule> = {}): ReleaseModule {
  return {
    id: '7',
    type: 'os',
    name: 'firmware',
    version: '1.0',
    format: 'swu',
    isEncrypted: false,
    metadata: [],
    artifacts: [anArtifact()],
    ...changes,
  };
}

function aWholeRelease(modules: readonly ReleaseModule[]): Release {
  return {
    id: '1',
    name: 'firmware',
    version: '1.0',
    notes: '',
    hardware: [],
    digest: '',
    warnings: [],
    isWithdrawn: false,
    withdrawnBy: undefined,
    upgradeFrom: undefined,
    isRequiredStep: false,
    invalidation: undefined,
    createdAt: new Date(0),
    createdBy: 'user:admin',
    modules,
  };
}

const NOW = new Date('2026-11-21T12:00:00Z');

function told(
  changes: Partial<Action>,
  modules: readonly ReleaseModule[],
  history: readonly string[] = [],
): object {
  const action = { ...anAction(), id: '42', ...changes };
  return deploymentBody({
    action,
    release: aWholeRelease(modules),
    deviceUrl: URL_OF_DEVICE,
    now: NOW,
    history,
  });
}

const bodyOf = (...modules: ReleaseModule[]): object => told({}, modules);

describe('deploymentBody', () => {
  it('is exactly what the contract says, with both pairs of links', () => {
    const href = `${URL_OF_DEVICE}/softwaremodules/7/artifacts/firmware.swu`;
    expect(bodyOf(aModule())).toEqual({
      id: '42',
      deployment: {
        download: 'forced',
        update: 'forced',
        chunks: [
          {
            part: 'os',
            version: '1.0',
            name: 'firmware',
            artifacts: [
              {
                filename: 'firmware.swu',
                hashes: { sha1: 'a'.repeat(40), md5: 'b'.repeat(32), sha256: 'c'.repeat(64) },
                size: 1000,
                _links: {
                  download: { href },
                  md5sum: { href: `${href}.MD5SUM` },
                  'download-http': { href },
                  'md5sum-http': { href: `${href}.MD5SUM` },
                },
              },
            ],
          },
        ],
      },
    });
  });

  it.each([
    ['os', 'os'],
    ['application', 'bApp'],
    ['runtime', 'jvm'],
    ['fpga', 'fpga'],
  ])('calls a module of type %s %s on the wire', (type, part) => {
    expect(bodyOf(aModule({ type }))).toMatchObject({ deployment: { chunks: [{ part }] } });
  });

  it('keeps the order of the modules', () => {
    const body = bodyOf(aModule({ id: '9', name: 'b' }), aModule({ id: '8', name: 'a' }));
    expect(body).toMatchObject({ deployment: { chunks: [{ name: 'b' }, { name: 'a' }] } });
  });

  it.each([
    ['with space.swu', 'with%20space.swu'],
    ['a/b?c#d%e.swu', 'a%2Fb%3Fc%23d%25e.swu'],
    ['Gerät.swu', 'Ger%C3%A4t.swu'],
  ])('keeps the name %s and encodes it in the links', (fileName, encoded) => {
    const href = `${URL_OF_DEVICE}/softwaremodules/7/artifacts/${encoded}`;
    expect(bodyOf(aModule({ artifacts: [anArtifact({ fileName })] }))).toMatchObject({
      deployment: {
        chunks: [
          {
            artifacts: [
              { filename: fileName, _links: { download: { href }, md5sum: { href: `${href}.MD5SUM` } } },
            ],
          },
        ],
      },
    });
  });
});

describe('how an update is to be treated', () => {
  const daily = { schedule: '0 0 12 * * ?', durationMs: 3_600_000, timezone: '+00:00' };
  const nightly = { schedule: '0 0 2 * * ?', durationMs: 3_600_000, timezone: '+00:00' };
  const hourAgo = new Date(NOW.getTime() - 3_600_000);
  const inAnHour = new Date(NOW.getTime() + 3_600_000);

  it.each([
    ['forced', {}, 'forced', 'forced', undefined],
    ['soft', { type: 'soft' }, 'attempt', 'attempt', undefined],
    ['time-forced, not yet', { type: 'time-forced', forceAt: inAnHour }, 'attempt', 'attempt', undefined],
    ['time-forced by now', { type: 'time-forced', forceAt: hourAgo }, 'forced', 'forced', undefined],
    ['download-only', { type: 'download-only' }, 'forced', 'skip', undefined],
    ['forced in its window', { window: daily }, 'forced', 'forced', 'available'],
    ['soft in its window', { type: 'soft', window: daily }, 'attempt', 'attempt', 'available'],
    ['forced before its window', { window: nightly }, 'forced', 'skip', 'unavailable'],
  ] as const)('%s', (_what, changes, ...[download, update, maintenanceWindow]) => {
    expect(told(changes, [aModule()])).toMatchObject({
      deployment: { download, update, ...(maintenanceWindow === undefined ? {} : { maintenanceWindow }) },
    });
  });

  it('has no window without one, and no history without messages', () => {
    const body = told({}, [aModule()]);
    expect(body).not.toHaveProperty('actionHistory');
    expect(body).not.toHaveProperty('deployment.maintenanceWindow');
  });

  it("tells the history in hawkBit's words", () => {
    expect(told({ state: 'confirmed' }, [aModule()], ['done', 'begun'])).toMatchObject({
      actionHistory: { status: 'FINISHED', messages: ['done', 'begun'] },
    });
  });

  it('tells of a module that it is encrypted, and its visible metadata only', () => {
    const metadata = [
      { key: 'seen', value: '1', isVisible: true },
      { key: 'hidden', value: '2', isVisible: false },
    ];
    expect(told({}, [aModule({ isEncrypted: true, metadata })])).toMatchObject({
      deployment: { chunks: [{ encrypted: true, metadata: [{ key: 'seen', value: '1' }] }] },
    });
    expect(told({}, [aModule()])).not.toHaveProperty('deployment.chunks.0.metadata');
    expect(told({}, [aModule()])).not.toHaveProperty('deployment.chunks.0.encrypted');
  });
});

describe('cancelBody', () => {
  it('names the action twice, as strings', () => {
    expect(cancelBody('42')).toEqual({ id: '42', cancelAction: { stopId: '42' } });
  });
});
