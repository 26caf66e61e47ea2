"""The focal writer: a small model that writes replies and summaries with slots.

A worker needs ``prompt``, ``phrasebook``, ``composing``, ``sentences`` and the corpus they
read; everything else here makes and examines the model.
"""
