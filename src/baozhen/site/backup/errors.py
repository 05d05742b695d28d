"""Why a backup is not taken or not brought back; each message says what to do."""


class BackupRefused(RuntimeError):
    """The message is Chinese and for the operator."""
