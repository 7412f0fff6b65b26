"""Model: the network of a recipe, which train, predict and everything after them share."""
