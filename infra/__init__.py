"""The platform as code: a Pulumi program over Docker Swarm, the images it runs, and what drives it."""
