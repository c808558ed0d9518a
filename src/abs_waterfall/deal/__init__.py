"""What was agreed: the deal, its names, and whether its parts fit together."""
