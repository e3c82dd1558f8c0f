"""The lab: bare machines as systemd containers, for Ansible to make nodes of."""
