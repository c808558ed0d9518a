"""From the pool's cash to everybody's: dates, state, steps, triggers, ledger, checks."""
