"""Money of a run: bill, earnings, cash flow and its returns, and compliance with rules."""
