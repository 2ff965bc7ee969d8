INSERT INTO location (connection, key, name, active, country, version, source) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
ON CONFLICT (connection, key) DO UPDATE SET name = excluded.name, active = excluded.active, country = excluded.country,
  version = excluded.version, source = excluded.source
WHERE (excluded.version, excluded.source) >= (version, source)
