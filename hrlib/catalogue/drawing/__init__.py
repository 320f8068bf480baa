"""Drawing the synthetic shop: shapes of categories, surfaces, and scenes. Nothing here needs more than Pillow."""
