-- What a pair of members needs beside wanted.sql. Every statement may run again.
SET client_min_messages = warning;
SELECT 'CREATE ROLE replica LOGIN REPLICATION' WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'replica') \gexec
\set password `cat /run/secrets/replication-password`
ALTER ROLE replica PASSWORD :'password';
-- A replica that sees itself streaming declares itself the one that commits wait for.
GRANT pg_read_all_stats TO replica;
GRANT ALTER SYSTEM ON PARAMETER synchronous_standby_names TO replica;
GRANT EXECUTE ON FUNCTION pg_reload_conf() TO replica;
\connect citycam
-- A backup marks the moment that its manifest tells of.
GRANT EXECUTE ON FUNCTION pg_create_restore_point(text), pg_switch_wal() TO citycam;
