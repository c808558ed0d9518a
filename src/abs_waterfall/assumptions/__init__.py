"""What the loans will do: speeds, recoveries, scenarios, and the monthly curves they come to."""
