"""The Excel term sheet: one module a group of sheets, all written through `book`."""
