"""What a reply may say: sentences attributed, claims borne out, no commitment, the right tone.

Pure.
"""
