"""The jobs: each one a generator that job.py steps."""
