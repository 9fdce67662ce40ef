import { parsePollInterval } from './poll-interval';
import { changedSettings, DEFAULT_TENANT_SETTINGS, differingFields, QUOTA_BOUNDS } from './tenant-settings';

const BEFORE = { ...DEFAULT_TENANT_SETTINGS, polling: '00:01:00' };

describe('changedSettings', () => {
  it('leaves what is left out as it was', () => {
    expect(changedSettings(BEFORE, {})).toEqual(BEFORE);
    expect(changedSettings(BEFORE, { polling: undefined, keepsAddresses: undefined, quotas: {} })).toEqual(
      BEFORE,
    );
  });

  it('changes what is said, one quota without the others', () => {
    const after = changedSettings(BEFORE, { takesTargetTokens: false, quotas: { messages: 7 } });
    expect(after).toEqual({
      ...BEFORE,
      takesTargetTokens: false,
      quotas: { ...BEFORE.quotas, messages: 7 },
    });
  });

  it('keeps a polling value as it is written everywhere, and none for null', () => {
    const polling = parsePollInterval(" 00:02:00~10% ,group == 'Europe'->00:05:05");
    expect(changedSettings(BEFORE, { polling }).polling).toBe("00:02:00~10%, group == 'Europe' -> 00:05:05");
    expect(changedSettings(BEFORE, { polling: null }).polling).toBeUndefined();
  });
});

describe('differingFields', () => {
  it('names nothing when nothing differs', () => {
    expect(differingFields(BEFORE, { ...BEFORE, quotas: { ...BEFORE.quotas } })).toEqual({});
  });

  it('names what the audit is to tell, with quotas by their path and a value that went as null', () => {
    const after = changedSettings(BEFORE, {
      polling: null,
      needsConfirmation: true,
      quotas: { attributes: 5 },
    });
    expect(differingFields(BEFORE, after)).toEqual({
      polling: null,
      needsConfirmation: true,
      'quotas.attributes': 5,
    });
  });
});

it('starts with quotas that a tenant could have chosen', () => {
  for (const [name, { min, max }] of Object.entries(QUOTA_BOUNDS)) {
    const quota = DEFAULT_TENANT_SETTINGS.quotas[name as keyof typeof QUOTA_BOUNDS];
    expect(quota).toBeGreaterThanOrEqual(min);
    expect(quota).toBeLessThanOrEqual(max);
  }
});
