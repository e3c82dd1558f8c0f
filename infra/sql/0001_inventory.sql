-- The inventory as the platform's parts read it. Applied at every publishing, so it must be harmless when already there.
CREATE TABLE IF NOT EXISTS camera (
    id          text PRIMARY KEY CHECK (id ~ '^cam-[0-9]{6}$'),
    serial      text NOT NULL UNIQUE,
    mac         macaddr NOT NULL UNIQUE,
    agency      text NOT NULL,
    ward_code   integer NOT NULL CHECK (ward_code > 0),
    ward        text NOT NULL,
    site        text NOT NULL,
    location    geography(Point, 4326) NOT NULL,
    address     inet NOT NULL,
    port        integer NOT NULL CHECK (port BETWEEN 1 AND 65535),
    path        text NOT NULL,
    transport   text NOT NULL CHECK (transport IN ('tcp', 'udp')),
    auth        text NOT NULL CHECK (auth IN ('basic', 'digest')),
    username    text NOT NULL,
    model       text NOT NULL,
    codec       text NOT NULL,
    width       integer NOT NULL,
    height      integer NOT NULL,
    fps         integer NOT NULL,
    bitrate     integer NOT NULL
);

COMMENT ON COLUMN camera.bitrate IS 'bits per second';
COMMENT ON COLUMN camera.location IS 'WGS 84';

CREATE INDEX IF NOT EXISTS camera_location ON camera USING gist (location);
CREATE INDEX IF NOT EXISTS camera_ward ON camera (ward_code);
