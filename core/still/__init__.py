"""One picture painted by optimisation, after Gatys et al. 2016."""
