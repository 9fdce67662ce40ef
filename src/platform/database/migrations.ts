import type { MixedList } from 'typeorm';
import { Foundation1795219200000 } from '../../../migrations/1795219200000-Foundation';
import { Contract1795305600000 } from '../../../migrations/1795305600000-Contract';
import { Access1795392000000 } from '../../../migrations/1795392000000-Access';
import { Bytes1795478400000 } from '../../../migrations/1795478400000-Bytes';

/** Every migration, in order. A list rather than a glob: a file that the build left out is a type error, not a surprise. */
// eslint-disable-next-line @typescript-eslint/no-unsafe-function-type -- TypeORM's own type of this option
export const MIGRATIONS: MixedList<Function | string> = [
  Foundation1795219200000,
  Contract1795305600000,
  Access1795392000000,
  Bytes1795478400000,
];
