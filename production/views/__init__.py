"""Pages of production: the board, the shop floor, bills of materials."""
