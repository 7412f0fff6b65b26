"""Split: all videos and crops -> manifests train, val and test, and the audit that nothing leaks between them."""
