"""Papers and spreadsheets: PDF by WeasyPrint, XLSX by openpyxl, CSV."""
