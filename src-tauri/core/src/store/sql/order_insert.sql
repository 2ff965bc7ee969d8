INSERT INTO orders (connection, key, name, placed_at, placed_day, updated_at, status, currency, sales_channel, customer,
  payment, fulfilment, gross, net, units, flags, days, block)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18)
