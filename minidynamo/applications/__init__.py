"""Serverless applications as templates declare them, run in this process: functions, APIs, schedules, mappings."""
