"""Reading: deal files, tapes and curve files, every error located."""
