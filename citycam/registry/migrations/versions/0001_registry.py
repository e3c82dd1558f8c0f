"""The registry: versions of inventory, verdicts, decisions and plan; one of them is current."""

from __future__ import annotations

from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

TABLES = """
CREATE TABLE registry.version (
    number            integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    published_at      timestamptz NOT NULL DEFAULT now(),
    producer          text NOT NULL,
    note              text NOT NULL DEFAULT '',
    judged_on         date NOT NULL,
    inventory_digest  text NOT NULL,
    plan_digest       text,
    decisions_head    text,
    cameras           integer NOT NULL
);
COMMENT ON TABLE registry.version IS 'one publication; its rows are never changed afterwards';

CREATE TABLE registry.head (
    one      boolean PRIMARY KEY DEFAULT true CHECK (one),
    version  integer NOT NULL REFERENCES registry.version
);
COMMENT ON TABLE registry.head IS 'the version that is current';

CREATE TABLE registry.history (
    sequence  integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at        timestamptz NOT NULL DEFAULT now(),
    role      text NOT NULL DEFAULT current_user,
    action    text NOT NULL CHECK (action IN ('publish', 'rollback')),
    version   integer NOT NULL REFERENCES registry.version,
    previous  integer REFERENCES registry.version
);

CREATE TABLE registry.camera (
    version         integer NOT NULL REFERENCES registry.version ON DELETE CASCADE,
    id              text NOT NULL CHECK (id ~ '^cam-[0-9]{6}$'),
    agency          text NOT NULL,
    agency_tier     text,
    ward_code       integer,
    ward            text,
    site            text,
    location        geography(Point, 4326),
    kind            text,
    purpose         text,
    state           text,
    vendor          text,
    model           text,
    serial          text,
    mac             macaddr,
    address         inet,
    port            integer,
    path            text,
    codec           text,
    width           integer,
    height          integer,
    fps             real,
    bitrate         bigint,
    secret          text,
    facts           jsonb NOT NULL,
    PRIMARY KEY (version, id)
);
COMMENT ON COLUMN registry.camera.location IS 'WGS 84';
COMMENT ON COLUMN registry.camera.bitrate IS 'bits per second';
COMMENT ON COLUMN registry.camera.secret IS 'reference in the secret store; credentials are never here';
COMMENT ON COLUMN registry.camera.facts IS 'the whole record with its sources';
CREATE INDEX camera_location ON registry.camera USING gist (location);
CREATE INDEX camera_ward ON registry.camera (version, ward_code);

CREATE TABLE registry.verdict (
    version  integer NOT NULL,
    camera   text NOT NULL,
    outcome  text NOT NULL,
    cost     text,
    rules    jsonb NOT NULL,
    PRIMARY KEY (version, camera),
    FOREIGN KEY (version, camera) REFERENCES registry.camera (version, id) ON DELETE CASCADE
);
COMMENT ON COLUMN registry.verdict.rules IS 'rule → outcome, of the rules that the camera does not plainly meet';

CREATE TABLE registry.decision (
    version   integer NOT NULL REFERENCES registry.version ON DELETE CASCADE,
    sequence  integer NOT NULL,
    at        timestamptz NOT NULL,
    proposal  text NOT NULL,
    ruling    text NOT NULL,
    body      jsonb NOT NULL,
    hash      text NOT NULL,
    PRIMARY KEY (version, sequence)
);

CREATE TABLE registry.plan (
    version   integer PRIMARY KEY REFERENCES registry.version ON DELETE CASCADE,
    document  jsonb NOT NULL
);
COMMENT ON TABLE registry.plan IS 'sizing, phases, links, coefficients, sources; cameras and sites have tables';

CREATE TABLE registry.site (
    version    integer NOT NULL REFERENCES registry.version ON DELETE CASCADE,
    id         text NOT NULL,
    agency     text NOT NULL,
    ward_code  integer NOT NULL,
    cameras    integer NOT NULL,
    needed     bigint NOT NULL,
    line       bigint,
    usable     bigint,
    budget     text NOT NULL CHECK (budget IN ('fits', 'over', 'unknown')),
    PRIMARY KEY (version, id)
);

CREATE TABLE registry.gateway (
    version  integer NOT NULL REFERENCES registry.version ON DELETE CASCADE,
    name     text NOT NULL,
    node     text NOT NULL,
    standby  text,
    sites    integer NOT NULL,
    cameras  integer NOT NULL,
    bitrate  bigint NOT NULL,
    load     real NOT NULL,
    PRIMARY KEY (version, name)
);

CREATE TABLE registry.placement (
    version  integer NOT NULL,
    camera   text NOT NULL,
    route    text NOT NULL,
    reason   text NOT NULL,
    site     text,
    bitrate  bigint NOT NULL,
    assumed  boolean NOT NULL,
    gateway  text,
    phase    integer,
    PRIMARY KEY (version, camera),
    FOREIGN KEY (version, camera) REFERENCES registry.camera (version, id) ON DELETE CASCADE,
    FOREIGN KEY (version, site) REFERENCES registry.site (version, id),
    FOREIGN KEY (version, gateway) REFERENCES registry.gateway (version, name)
);
CREATE INDEX placement_gateway ON registry.placement (version, gateway);
"""

VIEWS = """
CREATE VIEW registry.current_camera AS
SELECT camera.*, verdict.outcome, verdict.cost, placement.route, placement.reason, placement.gateway, placement.phase
FROM registry.head
JOIN registry.camera USING (version)
LEFT JOIN registry.verdict ON verdict.version = camera.version AND verdict.camera = camera.id
LEFT JOIN registry.placement ON placement.version = camera.version AND placement.camera = camera.id;

CREATE VIEW registry.current_gateway AS
SELECT gateway.* FROM registry.head JOIN registry.gateway USING (version);

CREATE VIEW registry.current_site AS
SELECT site.* FROM registry.head JOIN registry.site USING (version);

CREATE VIEW registry.current_decision AS
SELECT DISTINCT ON (decision.proposal) decision.*
FROM registry.head JOIN registry.decision USING (version)
ORDER BY decision.proposal, decision.sequence DESC;
"""


def upgrade() -> None:
    """Make tables and views."""
    op.execute(TABLES)
    op.execute(VIEWS)


def downgrade() -> None:
    """Drop them, with everything that was published."""
    op.execute(
        "DROP VIEW registry.current_camera, registry.current_gateway, registry.current_site, registry.current_decision"
    )
    op.execute(
        "DROP TABLE registry.placement, registry.gateway, registry.site, registry.plan, registry.decision,"
        " registry.verdict, registry.camera, registry.history, registry.head, registry.version"
    )
