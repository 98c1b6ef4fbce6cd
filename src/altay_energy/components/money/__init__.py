"""Tables of money: the cash flow of a project, and dated taxes."""
