import { anArtifact } from '../../../test/support/a-artifact';
import type { Release, ReleaseModule } from '../../modules/releases/release';
import { cancelBody, deploymentBody } from './deployment-body';

const URL_OF_DEVICE = 'http://updates.example.com/DEFAULT/controller/v1/device-1';

function aModule(changes: Partial<ReleaseModule> = {}): ReleaseModule {
  return {
    id: '7',
    type: 'os',
    name: 'firmware',
    version: '1.0',
    format: 'swu',
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
    createdAt: new Date(0),
    createdBy: 'user:admin',
    modules,
  };
}

const bodyOf = (...modules: ReleaseModule[]): unknown =>
  JSON.parse(deploymentBody('42', aWholeRelease(modules), URL_OF_DEVICE));

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

describe('cancelBody', () => {
  it('names the action twice, as strings', () => {
    expect(cancelBody('42')).toBe('{"id":"42","cancelAction":{"stopId":"42"}}');
  });
});
