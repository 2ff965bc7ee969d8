CREATE INDEX goods_hash ON goods (hash);

CREATE INDEX issue_lacks ON issue (connection, from_at, to_at, lacks, stream, record, raw)
  WHERE resolved_at IS NULL AND lacks > 0;

CREATE UNIQUE INDEX issue_open ON issue (connection, stream, record, code) WHERE resolved_at IS NULL;

CREATE UNIQUE INDEX orders_key ON orders (connection, key DESC);

CREATE INDEX orders_name ON orders (name);

CREATE INDEX orders_placed ON orders (placed_at DESC);

CREATE INDEX raw_thing ON raw (connection, stream, key DESC, facet, source);

CREATE INDEX restatement_day ON restatement (day, definition);

CREATE INDEX run_connection ON run (connection, started_at);

CREATE INDEX staged_parent ON staged (connection, stream, parent);

CREATE INDEX variant_item ON variant (connection, item) WHERE item IS NOT NULL;

CREATE INDEX variant_product ON variant (connection, product, position);

CREATE TABLE answer (
  id         INTEGER PRIMARY KEY,
  connection INTEGER NOT NULL,
  run        INTEGER,
  address    TEXT NOT NULL,
  status     INTEGER NOT NULL,
  headers    TEXT NOT NULL,             -- JSON, kept headers only
  fetched_at INTEGER NOT NULL,
  size       INTEGER NOT NULL,
  hash       BLOB NOT NULL              -- SHA-256 of the body
) STRICT;

CREATE TABLE connection (
  id              INTEGER PRIMARY KEY,
  channel         INTEGER NOT NULL,     -- 0 Shopify
  name            TEXT NOT NULL,
  endpoint        TEXT NOT NULL,
  account         TEXT,                 -- the platform's id of the account, once known
  domain          TEXT,                 -- the account's address on the platform
  zone            TEXT,                 -- IANA name
  currency        TEXT,
  settings        TEXT NOT NULL,        -- JSON
  created_at      INTEGER NOT NULL,
  disconnected_at INTEGER
) STRICT;

CREATE TABLE control_total (
  connection INTEGER NOT NULL,
  report     TEXT NOT NULL,             -- order_metrics, sales_and_traffic, economics
  outlet     TEXT NOT NULL,             -- the platform's id of the marketplace; empty where unstated
  sku        TEXT NOT NULL,             -- empty: all of the outlet
  from_day   INTEGER NOT NULL,          -- in the outlet's own zone
  to_day     INTEGER NOT NULL,          -- the last day
  currency   TEXT NOT NULL,             -- empty where no amount is among the figures
  figures    TEXT NOT NULL,             -- JSON object: the platform's name of the figure, plain decimal text
  version    INTEGER NOT NULL,
  source     INTEGER NOT NULL,
  PRIMARY KEY (connection, report, outlet, sku, from_day, to_day, currency)
) WITHOUT ROWID, STRICT;

CREATE TABLE cost (
  connection INTEGER NOT NULL,
  key        ANY NOT NULL,              -- variant id, or SKU where the user states costs by SKU
  since      INTEGER NOT NULL,
  micros     INTEGER NOT NULL,
  currency   TEXT NOT NULL,
  origin     INTEGER NOT NULL,          -- 0 seen on the platform, 1 stated by the user
  PRIMARY KEY (connection, key, since)
) WITHOUT ROWID, STRICT;

CREATE TABLE currency_form (
  code     TEXT PRIMARY KEY,
  unit     INTEGER NOT NULL,
  parts    INTEGER NOT NULL,
  decimals INTEGER NOT NULL
) WITHOUT ROWID, STRICT;

CREATE TABLE customer (
  connection INTEGER NOT NULL,
  key        ANY NOT NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  country    TEXT,
  province   TEXT,
  orders     INTEGER,
  spent      INTEGER,
  currency   TEXT,
  version    INTEGER NOT NULL,
  source     INTEGER NOT NULL,
  PRIMARY KEY (connection, key)
) WITHOUT ROWID, STRICT;

CREATE TABLE daily (
  definition INTEGER NOT NULL,          -- 0 order totals, 1 as the platform reports, 2 accounting
  day INTEGER NOT NULL,
  connection INTEGER NOT NULL,
  sales_channel INTEGER NOT NULL,
  currency INTEGER NOT NULL,            -- a word
  status INTEGER NOT NULL,
  item_price INTEGER NOT NULL, item_discount_seller INTEGER NOT NULL, item_discount_platform INTEGER NOT NULL,
  shipping INTEGER NOT NULL, shipping_discount INTEGER NOT NULL, other_charge INTEGER NOT NULL, tip INTEGER NOT NULL,
  duty INTEGER NOT NULL, tax_item INTEGER NOT NULL, tax_shipping INTEGER NOT NULL, gift_card_sold INTEGER NOT NULL,
  reversal_item INTEGER NOT NULL, reversal_shipping INTEGER NOT NULL, reversal_tax INTEGER NOT NULL,
  refund_item INTEGER NOT NULL, refund_adjustment INTEGER NOT NULL, refund_shipping INTEGER NOT NULL,
  refund_tax INTEGER NOT NULL, tax_withheld INTEGER NOT NULL, fee_commission INTEGER NOT NULL,
  fee_fulfilment INTEGER NOT NULL, fee_payment INTEGER NOT NULL, fee_storage INTEGER NOT NULL,
  fee_other INTEGER NOT NULL, fee_refund INTEGER NOT NULL, reimbursement INTEGER NOT NULL,
  shipping_cost INTEGER NOT NULL, cogs INTEGER NOT NULL, cogs_returned INTEGER NOT NULL, write_off INTEGER NOT NULL,
  ad_spend INTEGER NOT NULL, payout INTEGER NOT NULL, row_count INTEGER NOT NULL, orders INTEGER NOT NULL,
  orders_with_price INTEGER NOT NULL, orders_to_fulfil INTEGER NOT NULL, orders_fulfilled INTEGER NOT NULL,
  orders_unpriced INTEGER NOT NULL, units INTEGER NOT NULL, units_returned INTEGER NOT NULL,
  units_with_cost INTEGER NOT NULL, units_cost_estimated INTEGER NOT NULL, item_price_placed INTEGER NOT NULL,
  discount_placed INTEGER NOT NULL, items_costed INTEGER NOT NULL, rows_costed INTEGER NOT NULL,
  rows_uncosted INTEGER NOT NULL, rows_basis_unknown INTEGER NOT NULL, rows_estimated INTEGER NOT NULL,
  orders_incomplete INTEGER NOT NULL, rows_incomplete INTEGER NOT NULL, orders_untold INTEGER NOT NULL,
  PRIMARY KEY (definition, day DESC, connection, sales_channel, currency, status)
) WITHOUT ROWID, STRICT;

CREATE TABLE dictionary (
  id         INTEGER PRIMARY KEY,
  connection INTEGER NOT NULL,
  stream     INTEGER NOT NULL,
  facet      INTEGER NOT NULL,
  samples    INTEGER NOT NULL,
  body       BLOB NOT NULL
) STRICT;

CREATE TABLE goods (
  id      INTEGER PRIMARY KEY,
  hash    INTEGER NOT NULL,
  sku     TEXT NOT NULL,
  title   TEXT NOT NULL,
  product ANY,
  variant ANY
) STRICT;

CREATE TABLE issue (
  id          INTEGER PRIMARY KEY,
  connection  INTEGER NOT NULL,
  stream      TEXT NOT NULL,
  record      ANY NOT NULL,
  raw         INTEGER,
  code        TEXT NOT NULL,
  message     TEXT NOT NULL,
  lacks       INTEGER NOT NULL,         -- what the figures lack for it: 0 nothing, 1 what the record tells, 2 the whole order
  from_at     INTEGER,                  -- from when to when that counts, both in it; NULL: nobody knows
  to_at       INTEGER,
  first_at    INTEGER NOT NULL,
  last_at     INTEGER NOT NULL,
  count       INTEGER NOT NULL,
  resolved_at INTEGER
) STRICT;

CREATE TABLE lease (
  connection INTEGER PRIMARY KEY,
  owner      TEXT NOT NULL,
  expires_at INTEGER NOT NULL
) STRICT;

CREATE TABLE limiter (
  connection INTEGER PRIMARY KEY,
  state      TEXT NOT NULL              -- JSON
) STRICT;

CREATE TABLE location (
  connection INTEGER NOT NULL,
  key        ANY NOT NULL,
  name       TEXT NOT NULL,
  active     INTEGER NOT NULL,
  country    TEXT,
  version    INTEGER NOT NULL,
  source     INTEGER NOT NULL,
  PRIMARY KEY (connection, key)
) WITHOUT ROWID, STRICT;

CREATE TABLE order_day (
  day      INTEGER NOT NULL,
  order_id INTEGER NOT NULL,
  PRIMARY KEY (day DESC, order_id)
) WITHOUT ROWID, STRICT;

CREATE TABLE orders (
  id            INTEGER PRIMARY KEY,
  connection    INTEGER NOT NULL,
  key           ANY NOT NULL,
  name          TEXT NOT NULL,
  placed_at     INTEGER NOT NULL,
  placed_day    INTEGER NOT NULL,       -- in the active zone
  updated_at    INTEGER NOT NULL,
  status        INTEGER NOT NULL,       -- 0 sale, 1 pending, 2 test, 3 deleted, 4 draft, 5 replacement, 6 copy
  currency      TEXT NOT NULL,
  sales_channel INTEGER NOT NULL,
  customer      ANY,
  payment       INTEGER NOT NULL,
  fulfilment    INTEGER NOT NULL,
  gross         INTEGER NOT NULL,       -- under order totals: cancelled quantity left out
  net           INTEGER NOT NULL,
  units         INTEGER NOT NULL,
  flags         INTEGER NOT NULL,       -- 1 fulfilled, 2 priced, 4 basis unknown, 8 estimated, 16 incomplete, 32 cancelled
  days          BLOB NOT NULL,          -- its days in order_day, packed
  block         BLOB NOT NULL
) STRICT;

CREATE TABLE payout (
  connection INTEGER NOT NULL,
  key        ANY NOT NULL,
  day        INTEGER NOT NULL,
  status     TEXT NOT NULL,
  net        INTEGER NOT NULL,
  fees       INTEGER,
  currency   TEXT NOT NULL,
  version    INTEGER NOT NULL,
  source     INTEGER NOT NULL,
  PRIMARY KEY (connection, key)
) WITHOUT ROWID, STRICT;

CREATE TABLE platform (
  channel INTEGER PRIMARY KEY,
  name    TEXT NOT NULL
) STRICT;

CREATE TABLE product (
  connection INTEGER NOT NULL,
  key        ANY NOT NULL,
  title      TEXT NOT NULL,
  vendor     TEXT NOT NULL,
  category   TEXT NOT NULL,
  status     TEXT NOT NULL,
  updated_at INTEGER NOT NULL,
  deleted    INTEGER NOT NULL,
  version    INTEGER NOT NULL,
  source     INTEGER NOT NULL,
  whole_version INTEGER,                -- rank of the latest statement that named every variant; older variants are gone
  whole_source  INTEGER,
  PRIMARY KEY (connection, key)
) WITHOUT ROWID, STRICT;

CREATE TABLE product_day (
  definition INTEGER NOT NULL,
  day INTEGER NOT NULL,
  connection INTEGER NOT NULL,
  sku INTEGER NOT NULL,
  currency INTEGER NOT NULL,            -- a word
  units INTEGER NOT NULL, item_price INTEGER NOT NULL, discounts INTEGER NOT NULL, returns INTEGER NOT NULL,
  units_returned INTEGER NOT NULL, cogs INTEGER NOT NULL, items_costed INTEGER NOT NULL,
  units_with_cost INTEGER NOT NULL,
  PRIMARY KEY (definition, day DESC, connection, sku, currency)
) WITHOUT ROWID, STRICT;

CREATE TABLE product_month (
  definition INTEGER NOT NULL,
  day INTEGER NOT NULL,
  connection INTEGER NOT NULL,
  sku INTEGER NOT NULL,
  currency INTEGER NOT NULL,            -- a word
  units INTEGER NOT NULL, item_price INTEGER NOT NULL, discounts INTEGER NOT NULL, returns INTEGER NOT NULL,
  units_returned INTEGER NOT NULL, cogs INTEGER NOT NULL, items_costed INTEGER NOT NULL,
  units_with_cost INTEGER NOT NULL,
  PRIMARY KEY (definition, day DESC, connection, sku, currency)
) WITHOUT ROWID, STRICT;

CREATE TABLE raw (
  id         INTEGER PRIMARY KEY,
  connection INTEGER NOT NULL,
  stream     INTEGER NOT NULL,
  key        ANY NOT NULL,
  facet      INTEGER NOT NULL,
  source     INTEGER NOT NULL,          -- 0 export, 1 older interface, 2 bulk, 3 page
  version    INTEGER NOT NULL,
  fetched_at INTEGER NOT NULL,
  answer     INTEGER,
  hash       BLOB NOT NULL,             -- first 16 bytes of the bytes' SHA-256
  size       INTEGER NOT NULL,          -- length of the bytes
  dictionary INTEGER,
  body       BLOB NOT NULL              -- zstd
) STRICT;

CREATE TABLE restatement (
  id         INTEGER PRIMARY KEY,
  at         INTEGER NOT NULL,
  day        INTEGER NOT NULL,
  definition INTEGER NOT NULL,
  connection INTEGER NOT NULL,
  record     ANY NOT NULL,                  -- the order
  deltas     TEXT NOT NULL,             -- JSON: pairs of metric and change, in millionths or things
  reason     TEXT NOT NULL
) STRICT;

CREATE TABLE run (
  id          INTEGER PRIMARY KEY,
  connection  INTEGER NOT NULL,
  started_at  INTEGER NOT NULL,
  finished_at INTEGER,
  state       TEXT NOT NULL,            -- running, done, failed, cancelled, interrupted
  counts      TEXT NOT NULL,            -- JSON
  progress    TEXT NOT NULL,            -- JSON
  error       TEXT                      -- JSON
) STRICT;

CREATE TABLE setting (
  name  TEXT PRIMARY KEY,
  value TEXT NOT NULL                   -- JSON
) WITHOUT ROWID, STRICT;

CREATE TABLE staged (
  id         INTEGER PRIMARY KEY,
  connection INTEGER NOT NULL,
  stream     TEXT NOT NULL,
  parent     ANY NOT NULL,
  line       BLOB NOT NULL
) STRICT;

CREATE TABLE stock_level (
  connection INTEGER NOT NULL,
  item       ANY NOT NULL,
  location   ANY NOT NULL,
  sku        TEXT NOT NULL,
  active     INTEGER NOT NULL,
  quantities TEXT NOT NULL,             -- JSON object: the platform's name of the quantity, units
  updated_at INTEGER NOT NULL,
  version    INTEGER NOT NULL,
  source     INTEGER NOT NULL,
  PRIMARY KEY (connection, item, location)
) WITHOUT ROWID, STRICT;

CREATE TABLE stream_state (
  connection   INTEGER NOT NULL,
  stream       TEXT NOT NULL,
  state        TEXT NOT NULL,           -- JSON
  last_good_at INTEGER,
  PRIMARY KEY (connection, stream)
) WITHOUT ROWID, STRICT;

CREATE TABLE variant (
  connection INTEGER NOT NULL,
  key        ANY NOT NULL,
  product    ANY NOT NULL,
  position   INTEGER NOT NULL,
  item       ANY,                       -- the platform's stock item
  sku        TEXT NOT NULL,
  title      TEXT NOT NULL,
  barcode    TEXT NOT NULL,
  price      INTEGER,
  version    INTEGER NOT NULL,
  source     INTEGER NOT NULL,
  PRIMARY KEY (connection, key)
) WITHOUT ROWID, STRICT;

CREATE TABLE word (
  id   INTEGER PRIMARY KEY,
  text TEXT NOT NULL UNIQUE
) STRICT;

CREATE VIEW product_metrics AS
SELECT date(m.day * 86400, 'unixepoch') AS day, CASE m.definition WHEN 0 THEN 'order_totals' WHEN 1 THEN 'platform' ELSE 'accounting' END AS definition,
  p.name AS platform, m.connection AS connection_id, c.name AS connection, w.text AS sku, k.text AS currency, m.units,
  m.units_returned, m.units_with_cost,
  iif(decimals > 0 AND m.item_price_cents IS NOT NULL, printf('%s%d.%0*d', iif(m.item_price_cents < 0, '-', ''), abs(m.item_price_cents) / parts, decimals,
    abs(m.item_price_cents) % parts), m.item_price_cents || '') AS item_price,
  iif(decimals > 0 AND m.discounts_cents IS NOT NULL, printf('%s%d.%0*d', iif(m.discounts_cents < 0, '-', ''), abs(m.discounts_cents) / parts, decimals,
    abs(m.discounts_cents) % parts), m.discounts_cents || '') AS discounts,
  iif(decimals > 0 AND m.returns_cents IS NOT NULL, printf('%s%d.%0*d', iif(m.returns_cents < 0, '-', ''), abs(m.returns_cents) / parts, decimals,
    abs(m.returns_cents) % parts), m.returns_cents || '') AS returns,
  iif(decimals > 0 AND m.net_cents IS NOT NULL, printf('%s%d.%0*d', iif(m.net_cents < 0, '-', ''), abs(m.net_cents) / parts, decimals,
    abs(m.net_cents) % parts), m.net_cents || '') AS net_sales,
  iif(decimals > 0 AND m.cogs_cents IS NOT NULL, printf('%s%d.%0*d', iif(m.cogs_cents < 0, '-', ''), abs(m.cogs_cents) / parts, decimals,
    abs(m.cogs_cents) % parts), m.cogs_cents || '') AS cost_of_goods
FROM (
  SELECT *, (abs(item_price) + unit / 2) / unit * sign(item_price) AS item_price_cents,
    (abs(discounts) + unit / 2) / unit * sign(discounts) AS discounts_cents,
    (abs(returns) + unit / 2) / unit * sign(returns) AS returns_cents,
    (abs(item_price + discounts + returns) + unit / 2) / unit * sign(item_price + discounts + returns) AS net_cents,
    (abs(cogs) + unit / 2) / unit * sign(cogs) AS cogs_cents
  FROM (
  SELECT d.*, coalesce(unit, 10000) AS unit, coalesce(parts, 100) AS parts, coalesce(decimals, 2) AS decimals
  FROM (
    SELECT definition, day, connection, sku, currency, units, item_price, discounts, returns, units_returned, cogs,
      units_with_cost
    FROM product_day WHERE definition IN (0, 2)
    UNION ALL
    SELECT 1, day, connection, sku, currency, sum(units), sum(item_price), sum(discounts), sum(returns),
      sum(units_returned), sum(cogs), sum(units_with_cost)
    FROM product_day WHERE definition IN (0, 1) GROUP BY day, connection, sku, currency
    HAVING sum(units) <> 0 OR sum(item_price) <> 0 OR sum(discounts) <> 0 OR sum(returns) <> 0 OR sum(units_returned) <> 0
      OR sum(cogs) <> 0 OR sum(units_with_cost) <> 0) d
  JOIN word ON id = currency
  LEFT JOIN currency_form ON code = text)) m
JOIN connection c ON c.id = m.connection
JOIN platform p ON p.channel = c.channel
JOIN word w ON w.id = m.sku
JOIN word k ON k.id = m.currency;

CREATE VIEW raw_amazon AS
SELECT r.id, r.connection AS connection_id, s.text AS stream, CAST(r.key AS TEXT) AS record, f.text AS facet,
  CASE r.source WHEN 0 THEN 'export' WHEN 1 THEN 'legacy' WHEN 2 THEN 'bulk' ELSE 'page' END AS source,
  iif(r.version = 0, NULL, strftime('%Y-%m-%dT%H:%M:%SZ', r.version, 'unixepoch')) AS version,
  strftime('%Y-%m-%dT%H:%M:%SZ', r.fetched_at, 'unixepoch') AS fetched_at,
  NOT EXISTS (
    SELECT 1 FROM raw n
    WHERE n.connection = r.connection AND n.stream = r.stream AND n.key = r.key AND n.facet = r.facet AND n.source = r.source
      AND (n.version, n.fetched_at, n.id) > (r.version, r.fetched_at, r.id)) AS current,
  a.address, lower(hex(r.hash)) AS sha256_start, r.size, r.dictionary, r.body
FROM raw r
JOIN connection c ON c.id = r.connection AND c.channel = 1
JOIN word s ON s.id = r.stream
JOIN word f ON f.id = r.facet
LEFT JOIN answer a ON a.id = r.answer;

CREATE VIEW raw_shopify AS
SELECT r.id, r.connection AS connection_id, s.text AS stream, CAST(r.key AS TEXT) AS record, f.text AS facet,
  CASE r.source WHEN 0 THEN 'export' WHEN 1 THEN 'legacy' WHEN 2 THEN 'bulk' ELSE 'page' END AS source,
  iif(r.version = 0, NULL, strftime('%Y-%m-%dT%H:%M:%SZ', r.version, 'unixepoch')) AS version,
  strftime('%Y-%m-%dT%H:%M:%SZ', r.fetched_at, 'unixepoch') AS fetched_at,
  NOT EXISTS (
    SELECT 1 FROM raw n
    WHERE n.connection = r.connection AND n.stream = r.stream AND n.key = r.key AND n.facet = r.facet AND n.source = r.source
      AND (n.version, n.fetched_at, n.id) > (r.version, r.fetched_at, r.id)) AS current,
  a.address, lower(hex(r.hash)) AS sha256_start, r.size, r.dictionary, r.body
FROM raw r
JOIN connection c ON c.id = r.connection AND c.channel = 0
JOIN word s ON s.id = r.stream
JOIN word f ON f.id = r.facet
LEFT JOIN answer a ON a.id = r.answer;

CREATE VIEW unified_inventory AS
SELECT p.name AS platform, s.connection AS connection_id, c.name AS connection, CAST(s.item AS TEXT) AS item_id, s.sku,
  CAST(s.location AS TEXT) AS location_id, l.name AS location, s.active,
  json_extract(s.quantities, '$.available') AS available, json_extract(s.quantities, '$.on_hand') AS on_hand,
  json_extract(s.quantities, '$.committed') AS committed, json_extract(s.quantities, '$.incoming') AS incoming,
  json_extract(s.quantities, '$.reserved') AS reserved, s.quantities,
  strftime('%Y-%m-%dT%H:%M:%SZ', s.updated_at, 'unixepoch') AS updated_at
FROM stock_level s
JOIN connection c ON c.id = s.connection
JOIN platform p ON p.channel = c.channel
LEFT JOIN location l ON l.connection = s.connection AND l.key = s.location;

CREATE VIEW unified_metrics_daily AS
SELECT date(m.day * 86400, 'unixepoch') AS day, CASE m.definition WHEN 0 THEN 'order_totals' WHEN 1 THEN 'platform' ELSE 'accounting' END AS definition,
  p.name AS platform, m.connection AS connection_id, m.connection_name AS connection, m.sales_channel_name AS sales_channel,
  CASE m.status WHEN 0 THEN 'sale' WHEN 1 THEN 'pending' WHEN 2 THEN 'test' WHEN 3 THEN 'deleted' WHEN 4 THEN 'draft'
    WHEN 5 THEN 'replacement' WHEN 6 THEN 'copy' ELSE 'account' END AS status,
  m.currency_code AS currency, m.orders, m.orders_unpriced, m.units, m.units_returned,
  iif(decimals > 0 AND m_gross_sales IS NOT NULL, printf('%s%d.%0*d', iif(m_gross_sales < 0, '-', ''), abs(m_gross_sales) / parts, decimals,
    abs(m_gross_sales) % parts), m_gross_sales || '') AS gross_sales,
  iif(decimals > 0 AND m_discounts IS NOT NULL, printf('%s%d.%0*d', iif(m_discounts < 0, '-', ''), abs(m_discounts) / parts, decimals,
    abs(m_discounts) % parts), m_discounts || '') AS discounts,
  iif(decimals > 0 AND m_refunds IS NOT NULL, printf('%s%d.%0*d', iif(m_refunds < 0, '-', ''), abs(m_refunds) / parts, decimals,
    abs(m_refunds) % parts), m_refunds || '') AS refunds,
  iif(decimals > 0 AND m_net_sales IS NOT NULL, printf('%s%d.%0*d', iif(m_net_sales < 0, '-', ''), abs(m_net_sales) / parts, decimals,
    abs(m_net_sales) % parts), m_net_sales || '') AS net_sales,
  iif(decimals > 0 AND m_shipping IS NOT NULL, printf('%s%d.%0*d', iif(m_shipping < 0, '-', ''), abs(m_shipping) / parts, decimals,
    abs(m_shipping) % parts), m_shipping || '') AS shipping,
  iif(decimals > 0 AND m_taxes IS NOT NULL, printf('%s%d.%0*d', iif(m_taxes < 0, '-', ''), abs(m_taxes) / parts, decimals,
    abs(m_taxes) % parts), m_taxes || '') AS taxes,
  iif(decimals > 0 AND m_duties IS NOT NULL, printf('%s%d.%0*d', iif(m_duties < 0, '-', ''), abs(m_duties) / parts, decimals,
    abs(m_duties) % parts), m_duties || '') AS duties,
  iif(decimals > 0 AND m_tips IS NOT NULL, printf('%s%d.%0*d', iif(m_tips < 0, '-', ''), abs(m_tips) / parts, decimals,
    abs(m_tips) % parts), m_tips || '') AS tips,
  iif(decimals > 0 AND m_gift_cards_sold IS NOT NULL, printf('%s%d.%0*d', iif(m_gift_cards_sold < 0, '-', ''), abs(m_gift_cards_sold) / parts, decimals,
    abs(m_gift_cards_sold) % parts), m_gift_cards_sold || '') AS gift_cards_sold,
  iif(decimals > 0 AND m_total_sales IS NOT NULL, printf('%s%d.%0*d', iif(m_total_sales < 0, '-', ''), abs(m_total_sales) / parts, decimals,
    abs(m_total_sales) % parts), m_total_sales || '') AS total_sales,
  iif(decimals > 0 AND m_ad_spend IS NOT NULL, printf('%s%d.%0*d', iif(m_ad_spend < 0, '-', ''), abs(m_ad_spend) / parts, decimals,
    abs(m_ad_spend) % parts), m_ad_spend || '') AS ad_spend,
  iif(decimals > 0 AND m_cost_of_goods IS NOT NULL, printf('%s%d.%0*d', iif(m_cost_of_goods < 0, '-', ''), abs(m_cost_of_goods) / parts, decimals,
    abs(m_cost_of_goods) % parts), m_cost_of_goods || '') AS cost_of_goods,
  iif(decimals > 0 AND m_gross_profit IS NOT NULL, printf('%s%d.%0*d', iif(m_gross_profit < 0, '-', ''), abs(m_gross_profit) / parts, decimals,
    abs(m_gross_profit) % parts), m_gross_profit || '') AS gross_profit,
  iif(decimals > 0 AND m_contribution IS NOT NULL, printf('%s%d.%0*d', iif(m_contribution < 0, '-', ''), abs(m_contribution) / parts, decimals,
    abs(m_contribution) % parts), m_contribution || '') AS contribution,
  iif(decimals > 0 AND m_contribution_after_ads IS NOT NULL, printf('%s%d.%0*d', iif(m_contribution_after_ads < 0, '-', ''), abs(m_contribution_after_ads) / parts, decimals,
    abs(m_contribution_after_ads) % parts), m_contribution_after_ads || '') AS contribution_after_ads
FROM (
  SELECT day, definition, connection, connection_name, channel, sales_channel_name, status, currency_code, orders,
    orders_unpriced, units, units_returned, parts, decimals,
    (abs(gross_sales) + unit / 2) / unit * sign(gross_sales) AS m_gross_sales,
    (abs(discounts) + unit / 2) / unit * sign(discounts) AS m_discounts,
    (abs(refunds) + unit / 2) / unit * sign(refunds) AS m_refunds,
    (abs(net_sales) + unit / 2) / unit * sign(net_sales) AS m_net_sales,
    (abs(shipping) + unit / 2) / unit * sign(shipping) AS m_shipping,
    (abs(taxes) + unit / 2) / unit * sign(taxes) AS m_taxes,
    (abs(duties) + unit / 2) / unit * sign(duties) AS m_duties,
    (abs(tips) + unit / 2) / unit * sign(tips) AS m_tips,
    (abs(gift_cards_sold) + unit / 2) / unit * sign(gift_cards_sold) AS m_gift_cards_sold,
    (abs(total_sales) + unit / 2) / unit * sign(total_sales) AS m_total_sales,
    (abs(ad_spend) + unit / 2) / unit * sign(ad_spend) AS m_ad_spend,
    (abs(cost_of_goods) + unit / 2) / unit * sign(cost_of_goods) AS m_cost_of_goods,
    (abs(gross_profit) + unit / 2) / unit * sign(gross_profit) AS m_gross_profit,
    (abs(contribution) + unit / 2) / unit * sign(contribution) AS m_contribution,
    (abs(contribution_after_ads) + unit / 2) / unit * sign(contribution_after_ads) AS m_contribution_after_ads
  FROM (
    SELECT day, definition, connection, connection_name, channel, sales_channel_name, status, currency_code,
      iif(definition = 2 AND orders_untold > 0 AND orders_to_fulfil = 0, nullif(orders, 0), orders) AS orders, orders_unpriced,
      iif(orders_untold > 0, nullif(units, 0), units) AS units,
      iif(orders_untold > 0 AND orders_to_fulfil = 0, nullif(units_returned, 0), units_returned) AS units_returned, unit, parts, decimals,
      iif(known, CASE definition WHEN 0 THEN item_price + item_discount_seller + item_discount_platform +
        shipping + shipping_discount + other_charge + tip + duty + tax_item + tax_shipping + gift_card_sold WHEN 1
        THEN item_price ELSE item_price + shipping + other_charge END, NULL) AS gross_sales,
      iif(known, item_discount_seller + item_discount_platform + iif(definition = 2, shipping_discount, 0), NULL)
        AS discounts,
      iif(known, -(reversal_item + refund_item + refund_adjustment + iif(definition = 1, 0, refund_shipping +
        reversal_shipping) + iif(definition = 0, refund_tax + reversal_tax, 0)), NULL) AS refunds,
      iif(known, item_price + item_discount_seller + item_discount_platform + iif(definition = 0, 0,
        reversal_item + refund_item + refund_adjustment) + iif(definition = 2, shipping + shipping_discount +
        reversal_shipping + refund_shipping + other_charge, 0), NULL) AS net_sales,
      iif(known, shipping + shipping_discount + reversal_shipping + refund_shipping + other_charge, NULL) AS
        shipping,
      iif(known AND rows_basis_unknown = 0, tax_item + tax_shipping + reversal_tax + refund_tax, NULL) AS taxes,
      iif(known, duty, NULL) AS duties,
      iif(known, tip, NULL) AS tips,
      iif(known, gift_card_sold, NULL) AS gift_cards_sold,
      iif(known, iif(definition = 1, item_price + item_discount_seller + item_discount_platform + reversal_item +
        refund_item + refund_adjustment + shipping + shipping_discount + reversal_shipping + refund_shipping +
        other_charge + duty + tax_item + tax_shipping + reversal_tax + refund_tax, NULL), NULL) AS total_sales,
      iif(known, nullif(-ad_spend, 0), NULL) AS ad_spend,
      iif(known, cogs + cogs_returned, NULL) AS cost_of_goods,
      iif(known, profit, NULL) AS gross_profit,
      iif(known, profit + shipping + shipping_discount + reversal_shipping + refund_shipping + other_charge +
        fee_commission + fee_fulfilment + fee_payment + fee_storage + fee_other + fee_refund + reimbursement +
        shipping_cost + write_off, NULL) AS contribution,
      iif(known AND ad_spend <> 0, profit + shipping + shipping_discount + reversal_shipping + refund_shipping + other_charge +
        fee_commission + fee_fulfilment + fee_payment + fee_storage + fee_other + fee_refund + reimbursement +
        shipping_cost + write_off + ad_spend, NULL) AS contribution_after_ads
    FROM (
    SELECT d.*, c.name AS connection_name, c.channel, w.text AS sales_channel_name, k.text AS currency_code,
      coalesce(unit, 10000) AS unit, coalesce(parts, 100) AS parts, coalesce(decimals, 2) AS decimals,
      NOT (orders_unpriced > 0 AND orders_with_price = 0 AND rows_costed + rows_uncosted = 0) AND NOT (definition = 2 AND rows_basis_unknown > 0) AS known,
      iif(rows_costed = 0 AND (rows_uncosted > 0 OR row_count = 0), NULL, items_costed + cogs + cogs_returned) AS profit
    FROM daily d
    JOIN connection c ON c.id = d.connection
    JOIN word w ON w.id = d.sales_channel
    JOIN word k ON k.id = d.currency
    LEFT JOIN currency_form ON code = k.text))) m
JOIN platform p ON p.channel = m.channel;

CREATE VIEW unified_orders AS
SELECT o.id, p.name AS platform, o.connection AS connection_id, c.name AS connection, CAST(o.key AS TEXT) AS order_id,
  o.name, strftime('%Y-%m-%dT%H:%M:%SZ', o.placed_at, 'unixepoch') AS placed_at,
  date(o.placed_day * 86400, 'unixepoch') AS placed_day, strftime('%Y-%m-%dT%H:%M:%SZ', o.updated_at, 'unixepoch') AS updated_at,
  CASE o.status WHEN 0 THEN 'sale' WHEN 1 THEN 'pending' WHEN 2 THEN 'test' WHEN 3 THEN 'deleted' WHEN 4 THEN 'draft'
    WHEN 5 THEN 'replacement' ELSE 'copy' END AS status,
  ch.text AS sales_channel, CAST(o.customer AS TEXT) AS customer_id, pay.text AS payment, ful.text AS fulfilment, o.currency,
  iif(decimals > 0 AND o.gross_known IS NOT NULL, printf('%s%d.%0*d', iif(o.gross_known < 0, '-', ''), abs(o.gross_known) / parts, decimals,
    abs(o.gross_known) % parts), o.gross_known || '') AS gross_sales,
  iif(decimals > 0 AND o.net_known IS NOT NULL, printf('%s%d.%0*d', iif(o.net_known < 0, '-', ''), abs(o.net_known) / parts, decimals,
    abs(o.net_known) % parts), o.net_known || '') AS net_sales,
  o.units, o.flags & 1 > 0 AS fulfilled, o.flags & 8 > 0 AS estimated, o.flags & 16 > 0 AS incomplete,
  o.flags & 32 > 0 AS cancelled
FROM (
  SELECT *, (abs(iif(flags & 2, gross, NULL)) + unit / 2) / unit * sign(iif(flags & 2, gross, NULL)) AS gross_known,
    (abs(iif(flags & 2, net, NULL)) + unit / 2) / unit * sign(iif(flags & 2, net, NULL)) AS net_known
  FROM (
    SELECT orders.*, coalesce(unit, 10000) AS unit, coalesce(parts, 100) AS parts, coalesce(decimals, 2) AS decimals
    FROM orders LEFT JOIN currency_form ON code = currency)) o
JOIN connection c ON c.id = o.connection
JOIN platform p ON p.channel = c.channel
JOIN word ch ON ch.id = o.sales_channel
JOIN word pay ON pay.id = o.payment
JOIN word ful ON ful.id = o.fulfilment
WHERE o.status <> 7;

CREATE VIEW unified_products AS
SELECT p.name AS platform, v.connection_id, v.connection, CAST(v.product_key AS TEXT) AS product_id,
  v.product, v.vendor, v.category, v.status, v.deleted, CAST(v.variant_key AS TEXT) AS variant_id, v.variant, v.sku, v.barcode, v.currency,
  iif(decimals > 0 AND v.price_cents IS NOT NULL, printf('%s%d.%0*d', iif(v.price_cents < 0, '-', ''), abs(v.price_cents) / parts, decimals,
    abs(v.price_cents) % parts), v.price_cents || '') AS price,
  strftime('%Y-%m-%dT%H:%M:%SZ', v.updated_at, 'unixepoch') AS updated_at
FROM (
  SELECT *, (abs(micros) + unit / 2) / unit * sign(micros) AS price_cents
  FROM (
  SELECT c.channel, c.id AS connection_id, c.name AS connection, c.currency, t.key AS product_key, t.title AS product, t.vendor,
    t.category, t.status, t.deleted, t.updated_at, n.key AS variant_key, n.title AS variant, n.sku, n.barcode, n.price AS micros,
    coalesce(unit, 10000) AS unit, coalesce(parts, 100) AS parts, coalesce(decimals, 2) AS decimals
  FROM product t
  JOIN connection c ON c.id = t.connection
  LEFT JOIN variant n ON n.connection = t.connection AND n.product = t.key
  LEFT JOIN currency_form ON code = c.currency)) v
JOIN platform p ON p.channel = v.channel;
