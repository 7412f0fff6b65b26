"""Self-blended images: fakes made of one real face, after Shiohara and Yamasaki (CVPR 2022)."""
