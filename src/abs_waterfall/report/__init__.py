"""What a run is told in: term sheet, terminal, JSON, CSV. The only writers."""
