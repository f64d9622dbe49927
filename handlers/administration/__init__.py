"""What stands behind /admin, by subject: people and places, quarters, days off, own rules."""
