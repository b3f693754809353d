"""Exports of tables, as ExportTableToPointInTime leaves them: files in a folder or in a bucket of S3."""
