import type { Type } from '@nestjs/common';
import { ApiProperty, ApiSchema } from '@nestjs/swagger';
import { decodeCursor, encodeCursor, type PageRequest } from '../../platform/database/page';
import { FieldError } from '../../platform/errors/domain.error';
import { ShowsText, type Shown } from '../shared/shown-field';
import { QueryCountField } from '../shared/validators/count-field';
import { ID_PATTERN } from '../shared/validators/id-field';
import { TextField } from '../shared/validators/text-field';

/** How many items a page of any list holds. */
export const PAGE_LIMIT = { min: 1, max: 1000, fallback: 100 };

/** Where a page of a list starts and how long it is. */
export class PageQuery {
  @TextField({ optional: true, most: 1000, description: '`nextCursor` of the page before' })
  cursor?: string;

  @QueryCountField({ optional: true, ...PAGE_LIMIT })
  limit?: number;
}

/** What the cursor of a list holds: the id or the name of the last item before the page. */
export type CursorKey = 'id' | 'name';

/** @throws FieldError for a cursor that no page of such a list gave out. */
export function pageRequest(query: PageQuery, key: CursorKey): PageRequest {
  const limit = query.limit ?? PAGE_LIMIT.fallback;
  if (query.cursor === undefined) return { after: undefined, limit };
  const after = decodeCursor(query.cursor);
  const isWhole = encodeCursor(after) === query.cursor;
  const isKey = key === 'id' ? ID_PATTERN.test(after) : !/[\0\p{Cs}]/u.test(after);
  if (!isWhole || !isKey) throw new FieldError('cursor', 'is not one that a page of this list gave out');
  return { after, limit };
}

/** A page as the API shows it. */
export interface PageView<T> {
  readonly items: readonly Shown<T>[];
  readonly nextCursor?: string;
}

/** The OpenAPI schema of a page of `Item`. */
export function pageSchema<T>(name: string, Item: Type<T>): Type<object> {
  @ApiSchema({ name })
  class ItemPage {
    @ApiProperty({ type: () => Item, isArray: true })
    items!: T[];

    @ShowsText({ optional: true, description: 'Absent on the last page.' })
    nextCursor?: string;
  }
  return ItemPage;
}
