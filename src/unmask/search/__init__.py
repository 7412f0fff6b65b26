"""Search: a recipe and a space of values -> the recipe that did best on validation."""
