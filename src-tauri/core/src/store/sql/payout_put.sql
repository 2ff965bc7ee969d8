INSERT INTO payout (connection, key, day, status, net, fees, currency, version, source)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)
ON CONFLICT (connection, key) DO UPDATE SET day = excluded.day, status = excluded.status, net = excluded.net,
  fees = excluded.fees, currency = excluded.currency, version = excluded.version, source = excluded.source
WHERE (excluded.version, excluded.source) >= (version, source)
