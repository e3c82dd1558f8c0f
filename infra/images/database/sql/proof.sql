-- Compares this database with a manifest (variable `manifest`: its text) and writes what was seen to stdout.
\ir settings.sql
\o
WITH expected AS (SELECT * FROM jsonb_to_recordset(:'manifest'::jsonb -> 'tables') AS one (name text, rows bigint, sha256 text)),
found AS MATERIALIZED (:digest),
compared AS (
    SELECT name, expected.rows AS expected_rows, found.rows, expected.sha256 IS NOT DISTINCT FROM found.sha256 AS same
    FROM expected FULL JOIN found USING (name)
)
SELECT jsonb_build_object(
    'point', :'manifest'::jsonb -> 'point',
    'at', :'manifest'::jsonb -> 'at',
    'backup', :'manifest'::jsonb -> 'backup',
    'tables', count(*),
    'rows', coalesce(sum(rows), 0),
    'different', coalesce(
        jsonb_agg(jsonb_build_object('table', name, 'rows', rows, 'expected_rows', expected_rows) ORDER BY name)
            FILTER (WHERE NOT same), '[]')
) FROM compared;
