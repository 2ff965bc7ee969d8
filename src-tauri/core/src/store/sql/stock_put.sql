INSERT INTO stock_level (connection, item, location, sku, active, quantities, updated_at, version, source)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)
ON CONFLICT (connection, item, location) DO UPDATE SET sku = excluded.sku, active = excluded.active,
  quantities = excluded.quantities, updated_at = excluded.updated_at, version = excluded.version, source = excluded.source
WHERE (excluded.version, excluded.source) >= (version, source)
