"""Charts of money: the bill, the tariff over the hours, the cash flow, and rules."""
