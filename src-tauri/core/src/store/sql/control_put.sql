INSERT INTO control_total (connection, report, outlet, sku, from_day, to_day, currency, figures, version, source)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)
ON CONFLICT (connection, report, outlet, sku, from_day, to_day, currency) DO UPDATE SET figures = excluded.figures,
  version = excluded.version, source = excluded.source
WHERE (excluded.version, excluded.source) >= (version, source)
