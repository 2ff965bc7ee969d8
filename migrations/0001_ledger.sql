-- The ledger of one profile. Amounts are millionths of a currency unit, moments UTC seconds since 1970, days counted from
-- 1970-01-01. A platform's id is an INTEGER where it is a plain decimal number and TEXT otherwise: 6 bytes instead of 13.
-- References are kept by the program's single writer; there are no foreign keys, which would cost a look-up per row.

CREATE TABLE setting (
  name  TEXT PRIMARY KEY,
  value TEXT NOT NULL                   -- JSON
) WITHOUT ROWID, STRICT;

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

-- Words that repeat in millions of rows: streams, facets, sales channels, states, SKUs.
CREATE TABLE word (
  id   INTEGER PRIMARY KEY,
  text TEXT NOT NULL UNIQUE
) STRICT;

-- What order lines name again and again. `hash` finds a row without a second copy of its text in an index.
CREATE TABLE goods (
  id      INTEGER PRIMARY KEY,
  hash    INTEGER NOT NULL,
  sku     TEXT NOT NULL,
  title   TEXT NOT NULL,
  product ANY,
  variant ANY
) STRICT;
CREATE INDEX goods_hash ON goods (hash);

-- An answer of a platform; its records are rows of `raw`. The address carries no secret.
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

-- zstd dictionaries, one per connection, stream and kind of facet, trained from its first records.
CREATE TABLE dictionary (
  id         INTEGER PRIMARY KEY,
  connection INTEGER NOT NULL,
  stream     INTEGER NOT NULL,
  facet      INTEGER NOT NULL,
  samples    INTEGER NOT NULL,
  body       BLOB NOT NULL
) STRICT;

-- Indexes whose first long column grows with time run downward: a first sync brings the newest first, and appending to an
-- index fills its pages, where inserting before its first entry leaves them half empty.

-- Records exactly as they came. A changed record is a new row; rows are never changed. The current row of a facet and
-- source is the one of the highest (version, fetched_at, id).
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
CREATE INDEX raw_thing ON raw (connection, stream, key DESC, facet, source);

-- One row per order. `block` holds it whole, with lines and postings; the other columns are for lists, filters and views.
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
CREATE UNIQUE INDEX orders_key ON orders (connection, key DESC);
CREATE INDEX orders_placed ON orders (placed_at DESC);
CREATE INDEX orders_name ON orders (name);

-- The days on which an order has any effect under any definition.
CREATE TABLE order_day (
  day      INTEGER NOT NULL,
  order_id INTEGER NOT NULL,
  PRIMARY KEY (day DESC, order_id)
) WITHOUT ROWID, STRICT;


-- Day sums of everything the formulas start from: one column per posting kind, then counts (`metrics::Measure`).
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

-- Day sums per SKU. Rows of definition 1 hold what differs from those of definition 0: mostly nothing, so there are few.
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

-- The same per month; `day` is its first. A long period reads whole months here and its edges above.
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
CREATE INDEX variant_product ON variant (connection, product, position);
CREATE INDEX variant_item ON variant (connection, item) WHERE item IS NOT NULL;

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

-- What one unit cost from a day on. A row is added when the cost changes; none is ever taken away by a sync.
CREATE TABLE cost (
  connection INTEGER NOT NULL,
  key        ANY NOT NULL,              -- variant id, or SKU where the user states costs by SKU
  since      INTEGER NOT NULL,
  micros     INTEGER NOT NULL,
  currency   TEXT NOT NULL,
  origin     INTEGER NOT NULL,          -- 0 seen on the platform, 1 stated by the user
  PRIMARY KEY (connection, key, since)
) WITHOUT ROWID, STRICT;

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
CREATE UNIQUE INDEX issue_open ON issue (connection, stream, record, code) WHERE resolved_at IS NULL;
-- What figures lack is counted for every figure shown.
CREATE INDEX issue_lacks ON issue (connection, from_at, to_at, lacks, stream, record, raw)
  WHERE resolved_at IS NULL AND lacks > 0;

CREATE TABLE stream_state (
  connection   INTEGER NOT NULL,
  stream       TEXT NOT NULL,
  state        TEXT NOT NULL,           -- JSON
  last_good_at INTEGER,
  PRIMARY KEY (connection, stream)
) WITHOUT ROWID, STRICT;

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
CREATE INDEX run_connection ON run (connection, started_at);

-- One syncing process per connection at a time.
CREATE TABLE lease (
  connection INTEGER PRIMARY KEY,
  owner      TEXT NOT NULL,
  expires_at INTEGER NOT NULL
) STRICT;

CREATE TABLE limiter (
  connection INTEGER PRIMARY KEY,
  state      TEXT NOT NULL              -- JSON
) STRICT;

-- A figure of a past day that changed after it was shown.
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
CREATE INDEX restatement_day ON restatement (day, definition);

-- Lines of a bulk file until their parent is complete.
CREATE TABLE staged (
  id         INTEGER PRIMARY KEY,
  connection INTEGER NOT NULL,
  stream     TEXT NOT NULL,
  parent     ANY NOT NULL,
  line       BLOB NOT NULL
) STRICT;
CREATE INDEX staged_parent ON staged (connection, stream, parent);

