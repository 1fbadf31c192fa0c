"""The attention blocks beside the non-local block, literally by their formulas; parameters have the published names."""


def create(name, channels):
    """The block of a name of the attention registry."""
    raise KeyError(f"there is no PyTorch module for the block {name}")
