"""How each ecosystem orders versions and reads ranges: one pure module per ecosystem."""
