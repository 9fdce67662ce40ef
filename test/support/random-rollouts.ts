import fc from 'fast-check';

/** Filters that some devices answer, and one that none can read. */
export const filterText = fc.constantFrom(
  ...[
    'model==my-board',
    'model!=my-board',
    'tag==lab',
    'tag!=lab',
    'attribute.region==eu',
    'pinned==false',
    'no filter',
  ],
);
export const members = fc.record({
  controllerIds: fc.subarray(['a', 'device-1']),
  tags: fc.subarray(['lab', 'home']),
  filter: fc.option(filterText, { nil: undefined, freq: 2 }),
});
export const windows = fc.array(
  fc.record({
    days: fc.subarray([1, 2, 3, 4, 5, 6, 7]),
    fromMinute: fc.nat(1439),
    toMinute: fc.nat(1440),
    timezone: fc.constantFrom(undefined, 'Europe/Berlin', 'Pacific/Apia', '-03:30', 'nowhere'),
  }),
  { maxLength: 2 },
);
