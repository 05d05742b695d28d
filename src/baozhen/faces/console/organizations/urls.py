"""Addresses of the staff pages for: organisations, accounts, grants, sign-in."""

from django.urls import URLPattern, path

from baozhen.faces.console.organizations import (
    accounts,
    directory,
    officers,
    operation_log,
    powers,
    second_factor,
    security,
    sign_in_settings,
    single_sign_on,
    units,
)

_SIGN_IN: list[URLPattern] = [
    path("sign-in/verify", second_factor.second_factor, name="second_factor"),
    path("sign-in/provider/<int:key>", single_sign_on.start, name="sso_start"),
    path("sign-in/provider/<int:key>/callback", single_sign_on.callback, name="sso_callback"),
    path("sign-in/proxy/<int:key>", single_sign_on.by_header, name="sso_header"),
]
_SECURITY: list[URLPattern] = [
    path("security", security.security, name="security"),
    path("security/password", security.password, name="security_password"),
    path("security/totp", security.totp_begin, name="security_totp"),
    path("security/totp/confirm", security.totp_confirm, name="security_totp_confirm"),
    path("security/totp/remove", security.totp_remove, name="security_totp_remove"),
    path("security/passkeys/begin", security.passkey_begin, name="security_passkey_begin"),
    path("security/passkeys/add", security.passkey_add, name="security_passkey_add"),
    path(
        "security/passkeys/<int:key>/remove",
        security.passkey_remove,
        name="security_passkey_remove",
    ),
    path("security/recovery-codes", security.recovery, name="security_recovery"),
    path("security/sessions/<int:key>/end", security.session_end, name="security_session_end"),
]
_ORGANIZATION: list[URLPattern] = [
    path("units", units.units, name="units"),
    path("units/new", units.create, name="unit_create"),
    path("units/<int:key>", units.unit, name="unit"),
    path("units/<int:key>/change", units.change, name="unit_change"),
    path("units/<int:key>/switch", units.switch, name="unit_switch"),
    path("accounts", accounts.accounts, name="accounts"),
    path("accounts/new", accounts.create, name="account_create"),
    path("accounts/<int:key>", accounts.account, name="account"),
    path("accounts/<int:key>/act", accounts.act, name="account_act"),
]
_POWERS: list[URLPattern] = [
    path("powers", powers.powers, name="powers"),
    path("powers/matrix", powers.matrix, name="power_matrix"),
    path("powers/grant", powers.grant, name="power_grant"),
    path("powers/<int:key>/end", powers.end, name="power_end"),
    path("powers/units", powers.managements, name="power_units"),
    path("powers/units/<int:key>", powers.management, name="power_unit"),
    path("officers", officers.officers, name="officers"),
    path("officers/propose", officers.propose, name="officer_propose"),
    path("officers/<int:key>/decide", officers.decide, name="officer_decide"),
]
_DIRECTORY: list[URLPattern] = [
    path("directory", directory.directory, name="directory"),
    path("directory/upload", directory.upload, name="directory_upload"),
    path("directory/sources/<int:key>", directory.source, name="directory_source"),
    path("directory/sources/<int:key>/pull", directory.pull, name="directory_pull"),
    path("directory/runs/<int:key>", directory.run, name="sync_run"),
    path("directory/runs/<int:key>/decide", directory.decide, name="sync_decide"),
]
_SETTINGS: list[URLPattern] = [
    path("sign-in-settings", sign_in_settings.settings, name="sign_in_settings"),
    path("sign-in-settings/policy", sign_in_settings.policy, name="sign_in_policy"),
    path(
        "sign-in-settings/providers/<int:key>", sign_in_settings.provider, name="identity_provider"
    ),
    path("sign-in-settings/rules/<int:key>", sign_in_settings.rule, name="header_rule"),
]
_LOG: list[URLPattern] = [
    path("operations", operation_log.operations, name="operations"),
    path("operations/figures", operation_log.figures, name="operation_figures"),
    path("operations/export", operation_log.export, name="operation_export"),
    path("operations/<int:key>", operation_log.operation, name="operation"),
]
URLS: list[URLPattern] = [
    *_SIGN_IN,
    *_SECURITY,
    *_ORGANIZATION,
    *_POWERS,
    *_DIRECTORY,
    *_SETTINGS,
    *_LOG,
]
