"""Where everything is kept: engine, tables by area, migrations, backup. Returns frozen dataclasses, never
rows."""
