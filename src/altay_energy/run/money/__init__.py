"""Money of a run: cash flows, their returns, and the rules that it is judged by."""
