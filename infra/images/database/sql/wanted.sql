-- Every statement may run again.
SET client_min_messages = warning;
SELECT 'CREATE ROLE citycam LOGIN' WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'citycam') \gexec
SELECT 'CREATE DATABASE citycam OWNER citycam' WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = 'citycam') \gexec
\set password `cat /run/secrets/database-password`
ALTER ROLE citycam PASSWORD :'password';
\connect citycam
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS postgis;
