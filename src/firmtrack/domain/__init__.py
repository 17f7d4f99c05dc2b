"""What a firmware distribution is: pure values and rules, standard library only."""
