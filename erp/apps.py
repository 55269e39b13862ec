from django.apps import AppConfig
from django.core import checks
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


class ErpConfig(AppConfig):
    name = "erp"
    verbose_name = _("Kernel")

    def ready(self) -> None:
        from erp import process, replication
        from erp.roles import create_missing_roles

        checks.register(process.check_followers)
        checks.register(replication.check_pages)
        post_migrate.connect(create_missing_roles, dispatch_uid="erp.roles")
