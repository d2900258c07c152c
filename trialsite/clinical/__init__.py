"""Clinical rules and values that several rooms share: pure functions, exact decimals, no Django."""
