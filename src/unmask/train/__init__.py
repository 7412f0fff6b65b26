"""Train: manifests train and val -> the model of one recipe."""
