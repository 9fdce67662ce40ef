import type { Response } from 'express';
import { API_ROOT } from './management-controller';

/** Tells where the resource that was just made can be read: `setLocation(response, 'feeds', name)`. */
export function setLocation(response: Response, ...segments: readonly string[]): void {
  response.setHeader('Location', [API_ROOT, ...segments.map(encodeURIComponent)].join('/'));
}
