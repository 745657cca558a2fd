"""Operations on many instances: planned, run bit by bit, reported."""
