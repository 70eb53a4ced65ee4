"""Layers that prepare raw data: numbers, categories, text, images."""
