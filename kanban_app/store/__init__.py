"""The only SQL of the application: tables, transactions, event log, run logs, the service's ledger and journal."""
