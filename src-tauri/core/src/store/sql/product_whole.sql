-- The rank of a statement that names every variant, if none of a higher rank is known.
UPDATE product SET whole_version = ?3, whole_source = ?4
WHERE connection = ?1 AND key = ?2 AND (whole_version IS NULL OR (whole_version, whole_source) <= (?3, ?4))
