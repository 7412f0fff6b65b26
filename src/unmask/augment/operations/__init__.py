"""Operations: one file each, holding `Settings` (with a probability `p`) and `draw`, which throws the dice."""
