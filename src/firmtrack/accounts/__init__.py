"""Who may use Firmtrack: parties, their User IDs, their people and their API tokens."""
