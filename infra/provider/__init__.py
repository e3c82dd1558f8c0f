"""Docker as Pulumi dynamic resources: one noun a module, each created, read, compared, updated and deleted."""
