-- The latest ?5 records of one shape stored without a dictionary: size and packed bytes.
SELECT size, body FROM raw
WHERE connection = ?1 AND stream = (SELECT id FROM word WHERE text = ?2)
  AND facet IN (SELECT id FROM word WHERE text = ?3 OR text GLOB ?4)
  AND dictionary IS NULL
ORDER BY id DESC LIMIT ?5
