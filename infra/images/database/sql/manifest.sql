-- Writes the manifest of this moment to stdout and marks the moment in the WAL, as a restore point of the manifest's name.
-- Nobody writes meanwhile: whatever is committed before the point is in the manifest. Variable: `backup`, its label.
\ir settings.sql
BEGIN;
SELECT format('LOCK TABLE %s IN SHARE MODE', string_agg(name, ', ' ORDER BY name)) FROM (:digest) AS found HAVING count(*) > 0 \gexec
SELECT clock_timestamp() AS at, 'citycam-' || to_char(clock_timestamp() AT TIME ZONE 'UTC', 'YYYYMMDD"T"HH24MISS.US"Z"') AS point \gset
\o
SELECT jsonb_build_object(
    'schema_version', 1,
    'backup', :'backup',
    'point', :'point',
    'at', to_char(:'at'::timestamptz AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
    'tables', coalesce(jsonb_agg(found ORDER BY name COLLATE "C"), '[]')
) FROM (:digest) AS found;
\o /dev/null
SELECT pg_create_restore_point(:'point');
COMMIT;
SELECT pg_switch_wal();
