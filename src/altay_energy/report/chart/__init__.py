"""What charts share: sheet, fonts, colours, dates, rows."""
