"""Speed and memory, beside known matchers and bots: `make bench`. Figures, never pass or fail."""
