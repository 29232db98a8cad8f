"""Every loader, fed with files that were valid before they were mutated: it loads them, or says one sentence.

`tests/core/test_fuzz.py` does a few hundred for each loader, `python3 build.py fuzz --minutes N` goes on with
fresh seeds. Memory and work are bounded by counting bytes and calls, not by a clock.
"""
