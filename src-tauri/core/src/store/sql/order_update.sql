UPDATE orders SET name = ?3, placed_at = ?4, placed_day = ?5, updated_at = ?6, status = ?7, currency = ?8,
  sales_channel = ?9, customer = ?10, payment = ?11, fulfilment = ?12, gross = ?13, net = ?14, units = ?15, flags = ?16,
  days = ?17, block = ?18
WHERE connection = ?1 AND key = ?2
