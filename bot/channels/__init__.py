"""Channels translate what people send into `Incoming` and deliver `Reply`. They decide nothing."""
