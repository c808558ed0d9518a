"""What the loans are: columns checked, tested for eligibility, cut into tables."""
