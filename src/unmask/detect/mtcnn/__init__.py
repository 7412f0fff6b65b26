"""MTCNN's parts: its weights, its three networks, the pictures they see, and the cascade that joins them."""
