"""multi_intent"""
