"""Saving models: weights files, whole models, configurations."""
