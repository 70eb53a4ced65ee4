"""compile, fit, evaluate, predict: what they are made of."""
