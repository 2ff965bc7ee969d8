INSERT INTO product (connection, key, title, vendor, category, status, updated_at, deleted, version, source)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)
ON CONFLICT (connection, key) DO UPDATE SET title = excluded.title, vendor = excluded.vendor, category = excluded.category,
  status = excluded.status, updated_at = excluded.updated_at, deleted = excluded.deleted, version = excluded.version,
  source = excluded.source
WHERE (excluded.version, excluded.source) >= (version, source)
