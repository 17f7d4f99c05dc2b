"""The steps that build the accounts' tables."""
