"""What stands behind /admin, by subject: departments, people, roles, sections, invites."""
