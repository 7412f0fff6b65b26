"""Augment: how training changes its crops; policies as data, the same for real and fake."""
