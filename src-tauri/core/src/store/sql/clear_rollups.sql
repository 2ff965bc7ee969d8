DELETE FROM daily;
DELETE FROM product_day;
DELETE FROM product_month;
