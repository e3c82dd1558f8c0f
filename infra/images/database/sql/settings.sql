-- How values read as text, the same wherever a digest is made.
\set ON_ERROR_STOP on
\set QUIET on
\pset tuples_only on
\pset format unaligned
\o /dev/null
SELECT set_config(name, value, false) FROM (VALUES
    ('TimeZone', 'UTC'), ('DateStyle', 'ISO, YMD'), ('IntervalStyle', 'postgres'), ('bytea_output', 'hex'),
    ('extra_float_digits', '1'), ('client_encoding', 'UTF8'), ('lock_timeout', '60s'), ('search_path', 'public')
) AS wanted (name, value);
\set digest `cat /usr/local/share/citycam/digest.sql`
