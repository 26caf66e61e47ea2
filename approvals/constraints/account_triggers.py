"""Database triggers on accounts: every change is kept, and who may make an admin.

Whoever changes a row over a page is named in what pghistory sends along; where nobody is
named it was the console or a worker, which are outside the roles.
"""

from __future__ import annotations

from string import Template

import pgtrigger

# The person signed in at the page that sent this statement; NULL at the console.
ACTOR_SQL = """(NULLIF(current_setting('pghistory.context_metadata', true), '')
        ::jsonb ->> 'user')::integer"""
WHY_SQL = """COALESCE(NULLIF(current_setting('pghistory.context_metadata', true), '')
        ::jsonb ->> 'why', '')"""

KEEP_CHANGE_SQL = """
    INSERT INTO approvals_accountchange (account_id, what, detail, by_id, why, at)
    VALUES ($account, $what, $detail, $actor, $why, clock_timestamp());
"""

# A password is never copied, only that it changed; the day of the last visit is no change.
ACCOUNT_FIELDS_SQL = " || ".join(
    f"CASE WHEN OLD.{name} IS DISTINCT FROM NEW.{name} THEN "
    f"jsonb_build_object('{name}', jsonb_build_array(OLD.{name}, NEW.{name})) "
    "ELSE '{}'::jsonb END"
    for name in (
        "username",
        "email",
        "first_name",
        "last_name",
        "is_active",
        "is_staff",
        "is_superuser",
    )
)


def _build_insert(account: str, what: str, detail: str) -> str:
    return Template(KEEP_CHANGE_SQL).substitute(
        account=account, what=f"'{what}'", detail=detail, actor=ACTOR_SQL, why=WHY_SQL
    )


ACCOUNT_KEPT_SQL = f"""
    IF TG_OP = 'INSERT' THEN
        {_build_insert("NEW.id", "made", "jsonb_build_object('username', NEW.username)")}
    ELSIF TG_OP = 'DELETE' THEN
        {_build_insert("OLD.id", "removed", "jsonb_build_object('username', OLD.username)")}
    ELSE
        IF OLD.password IS DISTINCT FROM NEW.password THEN
            {_build_insert("NEW.id", "password", "'{}'::jsonb")}
        END IF;
        changed := {ACCOUNT_FIELDS_SQL};
        IF changed <> '{{}}'::jsonb THEN
            {_build_insert("NEW.id", "details", "changed")}
        END IF;
    END IF;
    RETURN NULL;
"""

LINK_KEPT_SQL = """
    IF TG_OP = 'INSERT' THEN
        $added
    ELSE
        $removed
    END IF;
    RETURN NULL;
"""
GROUP_NAME_SQL = "(SELECT name FROM auth_group WHERE id = {row}.group_id)"
PERMISSION_SQL = "(SELECT codename FROM auth_permission WHERE id = {row}.permission_id)"


def _build_link_sql(owner: str, what: tuple[str, str], name: str, more: str = "") -> str:
    """The trigger of a table between two: one change as a row comes, one as it goes."""
    parts = {}
    for key, row, kind in (("added", "NEW", what[0]), ("removed", "OLD", what[1])):
        detail = f"jsonb_build_object('name', {name.format(row=row)}{more.format(row=row)})"
        parts[key] = _build_insert(owner.format(row=row), kind, detail)
    return Template(LINK_KEPT_SQL).substitute(parts)


GROUP_KEPT_SQL = f"""
    IF TG_OP = 'UPDATE' THEN
        {_build_insert("NULL", "group", "jsonb_build_object('name', jsonb_build_array(OLD.name, NEW.name))")}
        RETURN NULL;
    ELSIF TG_OP = 'INSERT' THEN
        {_build_insert("NULL", "group", "jsonb_build_object('name', jsonb_build_array(NULL, NEW.name))")}
    ELSE
        {_build_insert("NULL", "group", "jsonb_build_object('name', jsonb_build_array(OLD.name, NULL))")}
    END IF;
    RETURN NULL;
"""  # noqa: E501

REFUSED_SQL = """
    IF $who IS NOT NULL AND $when THEN
        RAISE EXCEPTION 'admins are made and changed at the console'
            USING ERRCODE = 'check_violation', CONSTRAINT = '$name';
    END IF;
    RETURN NEW;
"""
CONSOLE_ONLY = "admins_are_made_at_the_console"
IS_ADMIN_SQL = """(OLD.is_superuser OR OLD.is_staff OR EXISTS (
        SELECT 1 FROM auth_user_groups g JOIN auth_group n ON n.id = g.group_id
        WHERE g.user_id = OLD.id AND n.name = 'admins'))"""
POWER_OF_AN_ACCOUNT_SQL = f"""(CASE WHEN TG_OP = 'INSERT' THEN NEW.is_staff OR NEW.is_superuser
        ELSE (NEW.is_staff, NEW.is_superuser) IS DISTINCT FROM (OLD.is_staff, OLD.is_superuser)
        OR ({ACTOR_SQL} <> OLD.id AND {IS_ADMIN_SQL} AND
            (NEW.username, NEW.email, NEW.password, NEW.is_active) IS DISTINCT FROM
            (OLD.username, OLD.email, OLD.password, OLD.is_active)) END)"""


def _build_refusal(when: str, name: str = CONSOLE_ONLY) -> str:
    return Template(REFUSED_SQL).substitute(who=ACTOR_SQL, when=when, name=name)


def _build_kept_trigger(name: str, func: str, operation: pgtrigger.Operation) -> pgtrigger.Trigger:
    return pgtrigger.Trigger(
        name=name,
        when=pgtrigger.After,
        operation=operation,
        declare=[("changed", "JSONB")],
        func=func,
    )


def _build_refusing_trigger(when: str, operation: pgtrigger.Operation) -> pgtrigger.Trigger:
    return pgtrigger.Trigger(
        name=CONSOLE_ONLY,
        when=pgtrigger.Before,
        operation=operation,
        func=_build_refusal(when),
    )


ANY_ROW = pgtrigger.Insert | pgtrigger.Update | pgtrigger.Delete
IN_OR_OUT = pgtrigger.Insert | pgtrigger.Delete
ACCOUNT_TRIGGERS = [
    _build_kept_trigger("account_changes_are_kept", ACCOUNT_KEPT_SQL, ANY_ROW),
    _build_refusing_trigger(POWER_OF_AN_ACCOUNT_SQL, pgtrigger.Insert | pgtrigger.Update),
]
MEMBERSHIP_TRIGGERS = [
    _build_kept_trigger(
        "memberships_are_kept",
        _build_link_sql("{row}.user_id", ("joined", "left"), GROUP_NAME_SQL),
        IN_OR_OUT,
    ),
    _build_refusing_trigger(
        "(SELECT name FROM auth_group WHERE id = NEW.group_id) = 'admins'",
        pgtrigger.Insert | pgtrigger.Update,
    ),
]
OWN_PERMISSION_TRIGGERS = [
    _build_kept_trigger(
        "permissions_are_kept",
        _build_link_sql("{row}.user_id", ("granted", "withdrawn"), PERMISSION_SQL),
        IN_OR_OUT,
    ),
    _build_refusing_trigger("TRUE", pgtrigger.Insert | pgtrigger.Update),
]
GROUP_PERMISSION_TRIGGERS = [
    _build_kept_trigger(
        "group_permissions_are_kept",
        _build_link_sql(
            "NULL",
            ("granted", "withdrawn"),
            PERMISSION_SQL,
            f", 'group', {GROUP_NAME_SQL}",
        ),
        IN_OR_OUT,
    ),
    _build_refusing_trigger("TRUE", pgtrigger.Insert | pgtrigger.Update),
]
# Under another name the members of one role would have the rights of another.
ROLE_NAMES_SQL = """
    RAISE EXCEPTION 'the groups of the roles keep their names'
        USING ERRCODE = 'check_violation', CONSTRAINT = 'roles_keep_their_names';
"""
ROLES = ["agents", "supervisors", "admins"]
GROUP_TRIGGERS = [
    _build_kept_trigger("groups_are_kept", GROUP_KEPT_SQL, ANY_ROW),
    pgtrigger.Trigger(
        name="roles_keep_their_names",
        when=pgtrigger.Before,
        operation=pgtrigger.Update,
        condition=(pgtrigger.Q(old__name__in=ROLES) | pgtrigger.Q(new__name__in=ROLES))
        & pgtrigger.Q(old__name__df=pgtrigger.F("new__name")),
        func=ROLE_NAMES_SQL,
    ),
]

# Twin: ``accounts.query_open_changes`` says the same for pages and sentences.
OPEN_CHANGE_SQL = """
    EXISTS (SELECT 1 FROM approvals_accountchange c
        WHERE c.account_id = $person AND c.what IN ('made', 'password', 'joined')
        AND c.by_id IS NOT NULL AND NOT (c.what = 'password' AND c.by_id = c.account_id)
        AND NOT EXISTS (SELECT 1 FROM approvals_accountconfirmation k
            WHERE k.account_id = c.account_id AND k.covers >= c.id
            AND k.by_id IS DISTINCT FROM c.by_id))"""


def build_open_change_sql(person: str) -> str:
    """SQL for whether another person changed the account and nobody confirmed it since."""
    return Template(OPEN_CHANGE_SQL).substitute(person=person)


CONFIRMED_BY_ANOTHER_SQL = """
    IF (NEW.by_id IS NULL AND $actor IS NOT NULL)
        OR NEW.by_id = NEW.account_id
        OR $confirmer_is_open
        OR EXISTS (SELECT 1 FROM approvals_accountchange c
            WHERE c.account_id = NEW.account_id AND c.by_id = NEW.by_id
            AND c.what IN ('made', 'password', 'joined')
            AND c.id > COALESCE((SELECT MAX(k.covers) FROM approvals_accountconfirmation k
                WHERE k.account_id = NEW.account_id), 0))
        OR (NEW.by_id IS NOT NULL AND NOT EXISTS (
            SELECT 1 FROM auth_user_groups g JOIN auth_group n ON n.id = g.group_id
            WHERE g.user_id = NEW.by_id AND n.name IN ('supervisors', 'admins')))
    THEN
        RAISE EXCEPTION 'an account is confirmed by somebody who did not change it'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'confirmed_by_another';
    END IF;
    RETURN NEW;
"""
CHANGE_TRIGGERS = [
    pgtrigger.Protect(
        name="account_changes_are_append_only", operation=pgtrigger.Update | pgtrigger.Delete
    )
]
CONFIRMATION_TRIGGERS = [
    pgtrigger.Protect(
        name="confirmations_are_append_only", operation=pgtrigger.Update | pgtrigger.Delete
    ),
    pgtrigger.Trigger(
        name="confirmed_by_another",
        when=pgtrigger.Before,
        operation=pgtrigger.Insert,
        func=Template(CONFIRMED_BY_ANOTHER_SQL).substitute(
            actor=ACTOR_SQL, confirmer_is_open=build_open_change_sql("NEW.by_id")
        ),
    ),
]
ACCOUNT_IN_OWN_HANDS_SQL = f"""
    IF NEW.by_id IS NOT NULL AND {build_open_change_sql("NEW.by_id")} THEN
        RAISE EXCEPTION 'somebody else may hold the account of the approver'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'approver_holds_the_account';
    END IF;
    RETURN NEW;
"""
HOLDS_THE_ACCOUNT_TRIGGER = pgtrigger.Trigger(
    name="approver_holds_the_account",
    when=pgtrigger.Before,
    operation=pgtrigger.Insert,
    func=ACCOUNT_IN_OWN_HANDS_SQL,
)
