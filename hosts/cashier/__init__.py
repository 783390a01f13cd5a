"""The cashier page: one order in a user's browser, without and with JavaScript. What it may say and do is decided in
domain/flows/cashier.py."""
