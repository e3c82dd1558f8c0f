-- Every table of the database that is no extension's: how many rows, and the SHA-256 over the sorted SHA-256 of its rows
-- as text. One query, fit for a server that only reads. Settings that change how values read are fixed by the caller.
SELECT
    format('%I.%I', nspname, relname) AS name,
    (xpath('/row/rows/text()', found))[1]::text::bigint AS rows,
    (xpath('/row/sha256/text()', found))[1]::text AS sha256
FROM pg_class
JOIN pg_namespace ON pg_namespace.oid = relnamespace
CROSS JOIN LATERAL query_to_xml(
    format(
        'SELECT count(*) AS rows, encode(sha256(coalesce(string_agg(hash, '''' ORDER BY hash), '''')), ''hex'') AS sha256'
        ' FROM (SELECT sha256(convert_to(one::text, ''UTF8'')) AS hash FROM %I.%I AS one) AS hashed',
        nspname, relname
    ),
    true, true, ''
) AS found
WHERE relkind = 'r' AND relpersistence = 'p' AND nspname !~ '^(pg_|information_schema$)'
    AND NOT EXISTS (
        SELECT FROM pg_depend WHERE classid = 'pg_class'::regclass AND objid = pg_class.oid AND deptype = 'e'
    )
