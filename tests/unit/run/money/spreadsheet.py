"""The cash flow of a feasibility study a second time: plain Python, row by row, year by year.

Written from the description of the method and without any of the package, as somebody would fill a
spreadsheet: one dict of cells a row, year numbers as columns.
"""

from __future__ import annotations


def spreadsheet(given):
    """All rows as lists over the years, from a dict of plain numbers and lists."""
    building, working = given["building_years"], given["operating_years"]
    begin = building if building else 1
    years = range(begin + working)
    last = years[-1]
    rows = {}

    # 1. Investment and its loan
    rows["investment"] = [given["building"][t] if t < begin else 0.0 for t in years]
    rows["loan drawn"] = [(1 - given["equity_share"]) * x for x in rows["investment"]]
    rows["interest in building"] = [0.0 for _ in years]
    balance = 0.0
    for t in range(building):
        interest = (balance + rows["loan drawn"][t] / 2) * given["loan_rate"]
        rows["interest in building"][t] = interest
        balance += rows["loan drawn"][t] + interest
    balance = sum(rows["loan drawn"]) + sum(rows["interest in building"])
    borrowed = balance

    # 2. Assets: (cost to depreciate, first year of depreciation, years of life)
    assets = []
    static = sum(rows["investment"])
    for share, life in given["kinds"]:
        part = static * share
        interest = sum(rows["interest in building"]) * share
        assets.append((part + interest - given["vat_share"] * part, begin, life))
    rows["replacement"] = [0.0 for _ in years]
    for year, amount, life in given["replacements"]:
        t = begin + year - 1
        rows["replacement"][t] += amount
        assets.append((amount - given["vat_share"] * amount, t + 1, life))
    rows["depreciation"] = [0.0 for _ in years]
    rows["salvage"] = [0.0 for _ in years]
    for cost, start, life in assets:
        duration = min(given["depreciation_years"], life)
        yearly = cost * (1 - given["residual_share"]) / duration
        book, end = cost, min(start + life - 1, last)
        for t in range(start, end + 1):
            taken = min(yearly, book - given["residual_share"] * cost)
            rows["depreciation"][t] += taken
            book -= taken
        rows["salvage"][end] += book

    # 3. VAT
    pool = 0.0
    for name in ("VAT due", "VAT deducted", "VAT paid", "VAT over", "surtax", "refund"):
        rows[name] = [0.0 for _ in years]
    for t in years:
        pool += given["vat_share"] * (rows["investment"][t] + rows["replacement"][t])
        if t < begin:
            continue
        n = t - begin
        due = given["vat_rate"] * given["revenue"][n] - given["operating_vat"][n]
        if due < 0:
            pool += -due
            rows["VAT over"][t] = -due
            due = 0.0
        deducted = due if due <= pool else pool
        pool -= deducted
        rows["VAT due"][t], rows["VAT deducted"][t] = due, deducted
        rows["VAT paid"][t] = due - deducted
        rows["surtax"][t] = given["surtax_share"] * (due - deducted)
        rows["refund"][t] = given["refund_share"] * (due - deducted)

    # 4. Profit, loan and tax year by year; losses as a list of [year, what is left of it]
    for name in ("interest", "principal", "tax", "adjusted tax", "ebitda"):
        rows[name] = [0.0 for _ in years]
    losses, losses_without_loan = [], []
    first_income = None
    for t in years:
        if t < begin:
            continue
        n = t - begin
        income = given["revenue"][n] + given["other"][n]
        if income > 0 and first_income is None:
            first_income = t
        ebitda = income + rows["refund"][t] - given["cost"][n] - rows["surtax"][t]
        rows["ebitda"][t] = ebitda
        if first_income is None or t < first_income + given["free"]:
            rate = 0.0
        elif t < first_income + given["free"] + given["half"]:
            rate = given["tax"][n] / 2
        else:
            rate = given["tax"][n]
        interest = balance * given["loan_rate"]
        rows["interest"][t] = interest

        def taxed(profit, carried, t=t):
            carried[:] = [c for c in carried if t - c[0] <= given["carry"] and c[1] > 0]
            if profit < 0:
                carried.append([t, -profit])
                return 0.0
            for loss in carried:
                used = min(loss[1], profit)
                loss[1] -= used
                profit -= used
            return profit

        rows["tax"][t] = rate * taxed(ebitda - rows["depreciation"][t] - interest, losses)
        rows["adjusted tax"][t] = rate * taxed(
            ebitda - rows["depreciation"][t], losses_without_loan
        )
        if n + 1 > given["loan_years"]:
            principal = 0.0
        elif n + 1 == given["loan_years"]:
            principal = balance
        elif given["repayment"] == "equal_principal":
            principal = borrowed / given["loan_years"]
        elif given["repayment"] == "annuity":
            r, m = given["loan_rate"], given["loan_years"]
            payment = borrowed / m if r == 0 else borrowed * r * (1 + r) ** m / ((1 + r) ** m - 1)
            principal = payment - interest
        else:
            principal = min(balance, max(0.0, ebitda - rows["tax"][t] - interest))
        rows["principal"][t] = principal
        balance -= principal

    # 5. The three flows
    for name in ("before tax", "after tax", "equity"):
        rows[name] = [0.0 for _ in years]
    for t in years:
        cash = rows["ebitda"][t] + rows["salvage"][t]
        cash -= rows["investment"][t] + rows["replacement"][t]
        if given["recovered"]:
            cash += rows["VAT deducted"][t] - rows["VAT over"][t]
        if t == begin - 1:
            cash -= given["working_capital"]
        if t == last:
            cash += given["working_capital"]
        rows["before tax"][t] = cash
        rows["after tax"][t] = cash - rows["adjusted tax"][t]
        rows["equity"][t] = (
            cash
            + rows["loan drawn"][t]
            - rows["tax"][t]
            - rows["interest"][t]
            - rows["principal"][t]
        )
    return rows
