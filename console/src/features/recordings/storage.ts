// A bucket, as it is typed. Pure.

import type { Schema } from '~/api/client';

export interface Typed {
  endpoint: string;
  region: string;
  bucket: string;
  path_style: boolean;
  key_id: string;
  /** Empty: it stays as it is. */
  secret: string;
  names: string;
  uploads: boolean;
  keeps: boolean;
  ahead: boolean;
}

export const storageTyped = ({ endpoint, region, bucket, path_style, key_id, names, uploads, keeps, ahead }: Schema['StorageView']): Typed => ({ endpoint, region, bucket, path_style, key_id, secret: '', names, uploads, keeps, ahead });

export function storageFrom({ secret, endpoint, region, bucket, key_id, names, ahead, ...switches }: Typed): Schema['NewStorage'] {
  return { ...switches, endpoint: endpoint.trim(), region: region.trim(), bucket: bucket.trim(), key_id: key_id.trim(), names: names.trim(), ...(ahead ? { ahead } : {}), ...(secret ? { secret: secret.trim() } : {}) };
}
