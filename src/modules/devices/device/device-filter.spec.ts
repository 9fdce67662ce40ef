import {
  DEVICE_FIELD_NAMES,
  deviceFilter,
  filterSubjectOf,
  isAnsweredBy,
  type FilterRow,
  type FilterSubject,
} from './device-filter';

const AT = new Date('2026-11-21T12:00:00Z');

/** Device 4711, of whom nobody knows anything. */
function aRow(changes: Partial<FilterRow> = {}): FilterRow {
  return {
    controller_id: '4711',
    name: null,
    feed: 'default',
    set_client: null,
    reported_client: null,
    mode: 'rollout',
    tags: [],
    attributes: {},
    set_model: null,
    reported_model: null,
    set_revision: null,
    reported_revision: null,
    installed_version: null,
    is_pinned: false,
    takes_prereleases: false,
    last_seen_at: null,
    address: null,
    created_at: AT,
    created_by: 'plug-and-play',
    updated_at: AT,
    approval: 'approved',
    ...changes,
  };
}

const matches = (text: string, changes: Partial<FilterRow> = {}): boolean =>
  deviceFilter(text).matches(filterSubjectOf(aRow(changes)));

describe('deviceFilter', () => {
  it.each<[string, Partial<FilterRow>]>([
    ['controllerid == 4711', {}],
    ['id==4711', {}],
    ["group == 'Europe'", { feed: 'europe' }],
    ['feed==europe', { feed: 'Europe' }],
    ['name==door*', { name: 'Door 7' }],
    ['mode==latest', { mode: 'latest' }],
    ['approval==waiting', { approval: 'waiting' }],
    ['tag==lab', { tags: ['x', 'Lab'] }],
    ['attribute.hw_rev==4.2', { attributes: { HW_Rev: '4.2' } }],
    ['model==b1', { set_model: 'b1', reported_model: 'b2' }],
    ['model==b2', { reported_model: 'b2' }],
    ['revision==r1', { set_revision: 'r1', reported_revision: 'r2' }],
    ['revision==r2', { reported_revision: 'r2' }],
    ['installedversion==1.0', { installed_version: '1.0' }],
    ['installedds.version==1.0', { installed_version: '1.0' }],
    ['pinned==true', { is_pinned: true }],
    ['takesPrereleases==true', { takes_prereleases: true }],
    ['lastseen==2026-11-21T12:00Z', { last_seen_at: AT }],
    ['lastControllerRequestAt=ge=1795262400000', { last_seen_at: AT }],
    ['lastseenat=is=null', {}],
    ['address==10.0.*', { address: '10.0.0.7' }],
    ['ipaddress==10.0.0.7', { address: '10.0.0.7' }],
    ['createdat<2026-11-22', {}],
    ['createdby==plug-and-play', {}],
    ['lastmodifiedat==1795262400000', {}],
    ['updatedat==1795262400000', {}],
  ])('%s selects a device with %j', (text, changes) => {
    expect(matches(text, changes)).toBe(true);
    expect(matches(`${text};id!=4711`, changes)).toBe(false);
  });

  it('names its fields as the API does', () => {
    expect(DEVICE_FIELD_NAMES).toEqual([
      'address',
      'approval',
      'attribute.<name>',
      'client',
      'controllerId',
      'createdAt',
      'createdBy',
      'feed',
      'installedVersion',
      'lastSeenAt',
      'mode',
      'model',
      'name',
      'pinned',
      'revision',
      'tag',
      'takesPrereleases',
      'updatedAt',
    ]);
  });

  it('takes what is not there for absent, on every field that may be', () => {
    const optional = [
      'name',
      'tag',
      'attribute.a',
      'model',
      'revision',
      'installedVersion',
      'lastSeenAt',
      'address',
    ];
    for (const field of optional) expect(matches(`${field}=is=null`)).toBe(true);
    for (const field of [
      'id',
      'feed',
      'mode',
      'pinned',
      'takesPrereleases',
      'createdAt',
      'createdBy',
      'updatedAt',
    ])
      expect(matches(`${field}=not=null`)).toBe(true);
  });
});

describe('isAnsweredBy', () => {
  const known = new Set<keyof FilterSubject>(['controllerId', 'mode', 'model']);
  it.each([
    ['id==4711', true],
    ['id==4711;(mode==latest,model==b*)', true],
    ['id==4711;attribute.region==eu', false],
    ['lastSeen=is=null', false],
  ])('%s: %j', (text, expected) => {
    expect(isAnsweredBy(deviceFilter(text), known)).toBe(expected);
  });
});
