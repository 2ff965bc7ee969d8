INSERT INTO customer (connection, key, created_at, updated_at, country, province, orders, spent, currency, version, source)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)
ON CONFLICT (connection, key) DO UPDATE SET created_at = excluded.created_at, updated_at = excluded.updated_at,
  country = excluded.country, province = excluded.province, orders = excluded.orders, spent = excluded.spent,
  currency = excluded.currency, version = excluded.version, source = excluded.source
WHERE (excluded.version, excluded.source) >= (version, source)
