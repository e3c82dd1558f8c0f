"""Documents from a verdict and its evidence: HTML for people, JUnit XML for machines. Judges nothing."""
