"""ONVIF as the cameras of the fleet speak it: SOAP services, snapshots, WS-Discovery. Bytes in, bytes out."""
