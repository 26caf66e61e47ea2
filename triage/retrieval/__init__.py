"""Searching clauses: words and meaning fused, a small reranker, and a chance that it answers.

``index`` holds what searching needs, ``engine`` is that of the retrieve step,
``relevance`` turns a rank into a calibrated probability.
"""
