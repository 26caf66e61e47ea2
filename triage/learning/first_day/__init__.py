"""The first day of a shop: what its past tickets teach, what that would have done, and switching
it on.
"""
