DELETE FROM product;
DELETE FROM variant;
DELETE FROM location;
DELETE FROM stock_level;
DELETE FROM customer;
DELETE FROM payout;
DELETE FROM control_total;
