"""What parties are told of their devices, how it reaches them, and the proof that it did."""
