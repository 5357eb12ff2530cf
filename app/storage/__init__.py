"""What must outlive the process: one small interface (`database`), and SQLite behind it (`sqlite`, `file`).

Another part of the program that has something to keep adds a file to `migrations/` and speaks SQL through
`Database`: see docs/storage.md.
"""
