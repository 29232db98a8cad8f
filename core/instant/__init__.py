"""Instant styles: a network trained in one style paints any picture in one pass: Johnson et al. 2016."""
