"""The machine as a Django application."""

from django.apps import AppConfig


class TriageConfig(AppConfig):
    name = "triage"

    def ready(self) -> None:
        from triage import checks  # noqa: F401  registers the system checks
        from triage.runtime.data_folder import prepare_data_folder

        prepare_data_folder()
