"""Orders from files: CSV and XLSX of any shape, read as a stream through a saved mapping.

reading    a file → rows of text, encoding and delimiter found out, in constant memory
fields     what an order needs, and how a cell becomes a value
mapping    which column of a file means which field, with options; saved as `orders.ImportMapping`
spool      rows on disk, so that an order's lines come together wherever they stand in the file
grouping   rows → order drafts, each with all that is wrong with it
resolving  drafts → customers and products, found or made
run        the import itself: chunks, dry run, all or nothing, progress, report
builtin    the mappings that come with the system, and the template to fill in
"""
