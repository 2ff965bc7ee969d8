-- Amazon, and what it brings: days of the account that are no orders (status 7), and the platform's own totals.

INSERT INTO platform VALUES (1, 'amazon');

-- What a platform itself says a span of days came to; figures are held against it and never made of it.
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

-- Every record as Amazon sent it, in versions; “(removed)” stands where its policy forbids keeping what was there.
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

-- Orders as before, without the days of the account.
DROP VIEW unified_orders;
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

-- Sums as before, with the days of the account under their own status. Amounts are unknown on a day of orders without a price
-- and without any goods, whatever was charged for storage that day.
DROP VIEW unified_metrics_daily;
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
