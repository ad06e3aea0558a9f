"""The networks in PyTorch, one idea a file; only training and export import this package."""
