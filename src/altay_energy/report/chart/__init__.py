"""Parts that all charts share: figure style, fonts, colours, date axes, rows."""
