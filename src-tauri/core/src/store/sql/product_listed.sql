-- As product_put, but who makes it and what kind of thing it is stay as they are known.
INSERT INTO product (connection, key, title, vendor, category, status, updated_at, deleted, version, source)
VALUES (?1, ?2, ?3, '', '', ?4, ?5, ?6, ?7, ?8)
ON CONFLICT (connection, key) DO UPDATE SET title = excluded.title, status = excluded.status, updated_at = excluded.updated_at,
  deleted = excluded.deleted, version = excluded.version, source = excluded.source
WHERE (excluded.version, excluded.source) >= (version, source)
