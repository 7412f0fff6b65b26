"""The way from video to aligned face, side by side with what a user would write with the usual libraries."""
