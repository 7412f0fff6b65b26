"""Layouts: each module knows how one official data set lies on disk; it is found by its name in `params.yaml`.

A layout is a module with `Options` (a `Layout` whose `layout` is the module's name) and
`read(root, corpus, options)`, which gives an `Entry` for every video.
"""
