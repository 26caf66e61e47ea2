"""The focal writer: a small model that writes replies and summaries with slots.

``prompt`` is pure and used wherever the model is asked; everything else here makes
the model and is loaded by the training commands only.
"""
