"""Instant styles: a network that has learnt one style paints any picture in one pass, after Johnson et al.
2016.
"""
