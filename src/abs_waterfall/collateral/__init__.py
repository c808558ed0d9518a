"""What the pool pays: schedule strips, projection, and the kernels behind them."""
