"""What a writer is given and what it may write: prompts, phrases, and slots in place of values.

The models that do the writing are served by ``inference``, and made by ``training``.
"""
