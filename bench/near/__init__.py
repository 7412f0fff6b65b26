"""What near-duplicates find among copies of videos, and how often they are wrong."""
