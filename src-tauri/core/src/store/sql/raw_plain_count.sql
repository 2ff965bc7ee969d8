-- Records of one shape stored without a dictionary, at most ?5. A facet `lines:2` is of the kind `lines`.
SELECT count(*) FROM (
  SELECT 1 FROM raw
  WHERE connection = ?1 AND stream = (SELECT id FROM word WHERE text = ?2)
    AND facet IN (SELECT id FROM word WHERE text = ?3 OR text GLOB ?4)
    AND dictionary IS NULL
  LIMIT ?5)
