/** What each field of a rollout is about, for those who read it and those who write it. */
export const MEANING = {
  feed: 'Whose devices are meant; a feed that is not there is 422.',
  filter:
    'RSQL over devices: which of the feed are meant, or without a feed which of all. Asked at each poll.',
  priority: 'Of the rollouts that mean a device the highest counts, then the one started last.',
  inFlightCap: 'So many devices at once; no limit when left out.',
  offersPerMinute: 'So many devices begin in a minute; no limit when left out.',
  ramp: 'Begins slowly and doubles, until offersPerMinute is reached.',
  mostDevices: 'Never more devices than that, whatever the percentages say.',
  waves: 'One after the other, each with those before it; one of everyone when left out.',
  percentage:
    'So much of the devices that are meant, with those of the waves before. By a hash: always the same ones.',
  members: 'Devices that belong to the wave whatever the percentage says.',
  gate: 'What opens the next wave and what stops the rollout.',
  successShare: 'So much of what was admitted must have succeeded before the next wave begins.',
  failureShare:
    'More failures than this share of the finished devices (or of the sample, while there are fewer) stop the rollout.',
  sample: 'So many devices have to be admitted before the next wave may begin.',
  soak: 'How long all of that has to hold.',
  manual: 'Only `advance` opens the next wave.',
  attempts: 'How often each device may try.',
  retryBackoff: 'How long a device waits before it tries again.',
  allowsDowngrade: 'Also devices that run a higher version.',
  confirms:
    '`version`: a device that ever reported a version has to report the new one before it counts. `report`: its word is enough.',
  silentPolls:
    'An updated device that misses so many polls in a row during the soak is lost, a failure; 0: nobody is.',
  whenTripped: 'What too many failures do: `pause`, or `abort` and withdraw the release.',
  startAt: 'Not before.',
  windows: 'When something may be offered; at any time when left out.',
  timezone: "By which clock; each device's own when left out.",
  bucketsOf: 'The rollout whose order of devices it takes over, so that the same ones come first.',
  confirmation: 'Whether the user of the device is asked, where the tenant asks; true when left out.',
} as const;

/** 1 is Monday. */
export const WEEKDAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const;
export type Weekday = (typeof WEEKDAYS)[number];
