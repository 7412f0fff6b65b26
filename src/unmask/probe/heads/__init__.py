"""Secondary heads, one file each, found by the name that a recipe gives."""
