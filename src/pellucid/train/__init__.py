"""Makes models: data, losses, the loop, export. PyTorch lives here and in `nets`."""
