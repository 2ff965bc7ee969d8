INSERT INTO variant (connection, key, product, position, item, sku, title, barcode, price, version, source)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)
ON CONFLICT (connection, key) DO UPDATE SET product = excluded.product, position = excluded.position,
  item = coalesce(excluded.item, item), sku = excluded.sku, title = excluded.title, barcode = excluded.barcode,
  price = excluded.price, version = excluded.version, source = excluded.source
WHERE (excluded.version, excluded.source) >= (version, source)
