"""The staff console under `/staff`: server-rendered pages, one module a task. Roles are checked on the server."""
