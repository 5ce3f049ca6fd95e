"""The unique partial index as createIndexes/dropIndexes JSON, up and down (RFC detail 2.3)."""
