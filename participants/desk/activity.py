"""The activity log in words: what each action and field is called, and which values may be shown."""

from typing import Any

from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from exchange.audit import AuditEvent
from exchange.states import find_state

AREAS: dict[str, Any] = {
    "program": _("Programs and seasons"),
    "itinerary": _("Itineraries and venues"),
    "quota": _("Places"),
    "registration": _("Registrations"),
    "import": _("Imports"),
    "person": _("Personal details"),
    "attendance": _("Attendance"),
    "certificate": _("Certificates"),
    "organisation": _("Organisations and accounts"),
    "account": _("Signing in and security"),
}

# action → (area, words)
ACTIONS: dict[str, tuple[str, Any]] = {
    "program.create": ("program", pgettext_lazy("log", "Created a program")),
    "program.change": ("program", pgettext_lazy("log", "Changed a program")),
    "program.publish": ("program", pgettext_lazy("log", "Published a program")),
    "program.complete": ("program", pgettext_lazy("log", "Completed a program")),
    "program.cancel": ("program", pgettext_lazy("log", "Cancelled a program")),
    "program.remind": ("program", pgettext_lazy("log", "Reminded units before registration closes")),
    "program.copy": ("program", pgettext_lazy("log", "Copied a program")),
    "series.create": ("program", pgettext_lazy("log", "Created a season")),
    "series.change": ("program", pgettext_lazy("log", "Changed a season")),
    "itinerary.create": ("itinerary", pgettext_lazy("log", "Added an itinerary item")),
    "itinerary.change": ("itinerary", pgettext_lazy("log", "Changed an itinerary item")),
    "itinerary.delete": ("itinerary", pgettext_lazy("log", "Removed an itinerary item")),
    "itineraryitem.cancel": ("itinerary", pgettext_lazy("log", "Called off an itinerary item")),
    "itineraryitem.restore": ("itinerary", pgettext_lazy("log", "Brought an itinerary item back")),
    "itinerary.hold": ("itinerary", pgettext_lazy("log", "Drafted a change of the itinerary")),
    "itinerary.publish": ("itinerary", pgettext_lazy("log", "Published changes of the itinerary")),
    "itinerary.discard": ("itinerary", pgettext_lazy("log", "Gave up drafted changes of the itinerary")),
    "lesson_series.plan": ("itinerary", pgettext_lazy("log", "Planned a series of lessons")),
    "lesson_series.change": ("itinerary", pgettext_lazy("log", "Changed a series of lessons")),
    "lesson_series.remove": ("itinerary", pgettext_lazy("log", "Called off a series of lessons")),
    "guest.invite": ("itinerary", pgettext_lazy("log", "Sent somebody invitations")),
    "guest.stop": ("itinerary", pgettext_lazy("log", "Stopped somebody's invitations")),
    "guest.answer": ("itinerary", pgettext_lazy("log", "Noted an answer to an invitation")),
    "calendar.issue": ("itinerary", pgettext_lazy("log", "Gave out a calendar address")),
    "calendar.reset": ("itinerary", pgettext_lazy("log", "Made a new calendar address")),
    "material.add": ("itinerary", pgettext_lazy("log", "Added a file to an item")),
    "material.change": ("itinerary", pgettext_lazy("log", "Chose who may fetch a file")),
    "material.delete": ("itinerary", pgettext_lazy("log", "Removed a file from an item")),
    "term.create": ("itinerary", pgettext_lazy("log", "Entered a school term")),
    "term.change": ("itinerary", pgettext_lazy("log", "Changed a school term")),
    "term.delete": ("itinerary", pgettext_lazy("log", "Removed a school term")),
    "holidays.change": ("itinerary", pgettext_lazy("log", "Edited the public holidays of a year")),
    "itinerary_template.create": ("itinerary", pgettext_lazy("log", "Kept a template of an itinerary")),
    "itinerary_template.change": ("itinerary", pgettext_lazy("log", "Renamed a template of an itinerary")),
    "itinerary_template.delete": ("itinerary", pgettext_lazy("log", "Removed a template of an itinerary")),
    "venue.create": ("itinerary", pgettext_lazy("log", "Added a venue")),
    "venue.change": ("itinerary", pgettext_lazy("log", "Changed a venue")),
    "venue.delete": ("itinerary", pgettext_lazy("log", "Removed a venue")),
    "group.create": ("itinerary", pgettext_lazy("log", "Added a group")),
    "group.change": ("itinerary", pgettext_lazy("log", "Changed a group")),
    "group.delete": ("itinerary", pgettext_lazy("log", "Removed a group")),
    "delegation.set": ("quota", pgettext_lazy("log", "Set the places of a district")),
    "delegation.give_back": ("quota", pgettext_lazy("log", "Gave places back to the organiser")),
    "delegation.pass_on": ("quota", pgettext_lazy("log", "Passed returned places on")),
    "delegation.deadline": ("quota", pgettext_lazy("log", "Set the deadlines of a district")),
    "quotapart.set": ("quota", pgettext_lazy("log", "Limited people of one role, stage or subject")),
    "quotapart.remove": ("quota", pgettext_lazy("log", "Lifted such a limit")),
    "allocation.give_back": ("quota", pgettext_lazy("log", "Gave places back to the district")),
    "delegation.remove": ("quota", pgettext_lazy("log", "Took back a district's places")),
    "allocation.set": ("quota", pgettext_lazy("log", "Set the places of a school")),
    "allocation.remove": ("quota", pgettext_lazy("log", "Took back a school's places")),
    "registration.create": ("registration", pgettext_lazy("log", "Put somebody on the roster")),
    "registration.change": ("registration", pgettext_lazy("log", "Changed role, group or order")),
    "registration.submit": ("registration", pgettext_lazy("log", "Submitted a registration")),
    "registration.wait": ("registration", pgettext_lazy("log", "Put a registration on the waiting list")),
    "registration.promote": ("registration", pgettext_lazy("log", "Moved up from the waiting list")),
    "registration.endorse": ("registration", pgettext_lazy("log", "Endorsed a registration")),
    "registration.confirm": ("registration", pgettext_lazy("log", "Confirmed a registration")),
    "registration.return": ("registration", pgettext_lazy("log", "Returned a registration")),
    "registration.decline": ("registration", pgettext_lazy("log", "Declined a registration")),
    "registration.withdraw": ("registration", pgettext_lazy("log", "Withdrew a registration")),
    "registration.undo": ("registration", pgettext_lazy("log", "Took a step back")),
    "registration.replace": ("registration", pgettext_lazy("log", "Replaced a participant")),
    "registration.substitute": ("registration", pgettext_lazy("log", "Took over a place")),
    "registration.remove": ("registration", pgettext_lazy("log", "Deleted a draft")),
    "delegation.lock": ("registration", pgettext_lazy("log", "Locked a roster")),
    "delegation.print": ("registration", pgettext_lazy("log", "Asked for a locked roster")),
    "roster.export": ("registration", pgettext_lazy("log", "Asked for a roster")),
    "export.download": ("registration", pgettext_lazy("log", "Downloaded a file with personal data")),
    "program.template": ("import", pgettext_lazy("log", "Downloaded a workbook with people filled in")),
    "rosterimport.start": ("import", pgettext_lazy("log", "Uploaded a roster")),
    "rosterimport.read": ("import", pgettext_lazy("log", "Read a long roster")),
    "rosterimport.refuse": ("import", pgettext_lazy("log", "Refused a long roster that cannot be read")),
    "rosterimport.read_again": ("import", pgettext_lazy("log", "Had a long roster read again")),
    "rosterimport.write": ("import", pgettext_lazy("log", "Began to import a long roster")),
    "rosterimport.stop": ("import", pgettext_lazy("log", "Stopped importing a long roster")),
    "rosterimport.commit": ("import", pgettext_lazy("log", "Imported a roster")),
    "rosterimport.discard": ("import", pgettext_lazy("log", "Discarded an import")),
    "person.create": ("person", pgettext_lazy("log", "Added a person")),
    "person.change": ("person", pgettext_lazy("log", "Corrected personal details")),
    "person.merge": ("person", pgettext_lazy("log", "Merged two records of a person")),
    "person.reveal": ("person", pgettext_lazy("log", "Looked at full numbers")),
    "person.reset_link": ("person", pgettext_lazy("log", "Renewed a private link")),
    "person.remove": ("person", pgettext_lazy("log", "Removed a person")),
    "person.export": ("person", pgettext_lazy("log", "Handed out all data of a person")),
    "person.erase": ("person", pgettext_lazy("log", "Erased a person's data")),
    "person.purge": ("person", pgettext_lazy("log", "Deleted details whose time is over")),
    "consent.ask": ("person", pgettext_lazy("log", "Asked a guardian for consent")),
    "consent.sign": ("person", pgettext_lazy("log", "A guardian consented by phone")),
    "consent.paper": ("person", pgettext_lazy("log", "Recorded a guardian's paper")),
    "consent.open_paper": ("person", pgettext_lazy("log", "Looked at a guardian's paper")),
    "consent.purge": ("person", pgettext_lazy("log", "Deleted a guardian's consent whose time is over")),
    "consent.withdraw": ("person", pgettext_lazy("log", "A guardian's consent was taken back")),
    "attendance.record": ("attendance", pgettext_lazy("log", "Noted attendance")),
    "attendance.undo": ("attendance", pgettext_lazy("log", "Took attendance back")),
    "attendance.export": ("attendance", pgettext_lazy("log", "Asked for a file of the hours")),
    "attendance.print": ("attendance", pgettext_lazy("log", "Printed a sign-in sheet or badges")),
    "certificate.issue": ("certificate", pgettext_lazy("log", "Issued a certificate")),
    "certificate.download": ("certificate", pgettext_lazy("log", "Downloaded certificates")),
    "certificate.export": ("certificate", pgettext_lazy("log", "Asked for the ledger of certificates")),
    "certificate.revoke": ("certificate", pgettext_lazy("log", "Revoked a certificate")),
    "certificate.reissue": ("certificate", pgettext_lazy("log", "Reissued a certificate")),
    "certificate.replace": ("certificate", pgettext_lazy("log", "Replaced a wrong certificate")),
    "award.add": ("certificate", pgettext_lazy("log", "Entered a result")),
    "award.change": ("certificate", pgettext_lazy("log", "Changed a result")),
    "award.state": ("certificate", pgettext_lazy("log", "Stated the age or consent of people in a result")),
    "award.remove": ("certificate", pgettext_lazy("log", "Took a result off the list")),
    "paper_template.save": ("certificate", pgettext_lazy("log", "Set words and design of a paper")),
    "paper_picture.add": ("certificate", pgettext_lazy("log", "Added a picture for papers")),
    "paper_picture.retire": ("certificate", pgettext_lazy("log", "Took a picture for papers out of use")),
    "certificate_batch.create": ("certificate", pgettext_lazy("log", "Ordered certificates")),
    "certificate_batch.resume": ("certificate", pgettext_lazy("log", "Resumed a batch")),
    "certificatebatch.start": ("certificate", pgettext_lazy("log", "A batch began")),
    "certificatebatch.finish": ("certificate", pgettext_lazy("log", "A batch was finished")),
    "certificatebatch.fail": ("certificate", pgettext_lazy("log", "A batch stopped")),
    "organisation.create": ("organisation", pgettext_lazy("log", "Added an organisation")),
    "organisation.change": ("organisation", pgettext_lazy("log", "Changed an organisation")),
    "membership.add": ("organisation", pgettext_lazy("log", "Gave a role")),
    "membership.remove": ("organisation", pgettext_lazy("log", "Took a role away")),
    "invitation.create": ("organisation", pgettext_lazy("log", "Invited somebody")),
    "invitation.accept": ("organisation", pgettext_lazy("log", "Accepted an invitation")),
    "invitation.revoke": ("organisation", pgettext_lazy("log", "Withdrew an invitation")),
    "user.activate": ("organisation", pgettext_lazy("log", "Activated an account")),
    "user.deactivate": ("organisation", pgettext_lazy("log", "Deactivated an account")),
    "user.sign_in": ("account", pgettext_lazy("log", "Signed in")),
    "user.sign_out": ("account", pgettext_lazy("log", "Signed out")),
    "user.sign_in_failed": ("account", pgettext_lazy("log", "Failed to sign in")),
    "user.sign_in_locked": ("account", pgettext_lazy("log", "Sign-in locked after failures")),
    "user.password_changed": ("account", pgettext_lazy("log", "Changed the password")),
    "user.second_factor_added": ("account", pgettext_lazy("log", "Set up two-step sign-in")),
    "user.second_factor_removed": ("account", pgettext_lazy("log", "Removed two-step sign-in")),
    "user.second_factor_failed": ("account", pgettext_lazy("log", "Failed the second step of signing in")),
    "user.mail_preference": ("account", pgettext_lazy("log", "Chose which mail to get")),
    "token.create": ("account", pgettext_lazy("log", "Made an API token")),
    "token.revoke": ("account", pgettext_lazy("log", "Revoked an API token")),
}

# Fields whose values are no personal data; of all others only the name is shown.
FIELDS_WITH_VALUES: dict[str, Any] = {
    "status": pgettext_lazy("field", "status"),
    "state": pgettext_lazy("field", "state"),
    "quota": pgettext_lazy("field", "places"),
    "number": pgettext_lazy("field", "number"),
    "total": pgettext_lazy("field", "in all"),
    "rows": pgettext_lazy("field", "rows"),
    "starts_at": pgettext_lazy("field", "begin"),
    "ends_at": pgettext_lazy("field", "end"),
    "starts_on": pgettext_lazy("field", "first day"),
    "ends_on": pgettext_lazy("field", "last day"),
    "registration_opens_at": pgettext_lazy("field", "registration opens"),
    "registration_closes_at": pgettext_lazy("field", "registration closes"),
    "credit_hours": pgettext_lazy("field", "credit hours"),
    "minimum_attendance_percent": pgettext_lazy("field", "minimum attendance"),
    "hours_rule": pgettext_lazy("field", "counting of credit hours"),
}
OTHER_FIELDS: dict[str, Any] = {
    "name": pgettext_lazy("field", "name"),
    "role": pgettext_lazy("field", "role"),
    "group": pgettext_lazy("field", "group"),
    "groups": pgettext_lazy("field", "groups"),
    "phone": pgettext_lazy("field", "mobile"),
    "national_id": pgettext_lazy("field", "ID number"),
    "title_zh": pgettext_lazy("field", "Chinese title"),
    "title_en": pgettext_lazy("field", "English title"),
    "venue": pgettext_lazy("field", "venue"),
    "position": pgettext_lazy("field", "position"),
    "subject": pgettext_lazy("field", "subject"),
    "birth_on": pgettext_lazy("field", "date of birth"),
    "email": pgettext_lazy("field", "e-mail"),
}
DOMAINS = {"events.Program": "program", "participants.Registration": "registration", "participants.Certificate": "certificate"}
PAGES = {
    "events.Program": "programs:detail",
    "participants.Registration": "rosters:registration",
    "participants.Person": "people:person",
    "participants.Certificate": "certificates:detail",
    "participants.Organisation": "directory:organisation",
}
# What a deleted row leaves behind has no page.
GONE = frozenset({"award.remove", "registration.remove", "person.remove"})


def words_of(action: str) -> str:
    """An action in words; one that is not listed keeps its code."""
    return str(ACTIONS[action][1]) if action in ACTIONS else action


def actions_in(area: str) -> list[str]:
    return [action for action, (belongs, _words) in ACTIONS.items() if belongs == area]


def address_of(event: AuditEvent) -> str:
    """The page of what the event speaks of, if it has one."""
    name = PAGES.get(event.target_type)
    if name is None or event.target_id is None or event.action in GONE:
        return ""
    try:
        return reverse(name, args=[event.target_id])
    except NoReverseMatch:
        return ""


def changes_of(event: AuditEvent) -> list[str]:
    """Lines such as “status: Submitted → Confirmed”; of personal and free text only the field's name."""
    rows = event.changes.items() if isinstance(event.changes, dict) else ()
    return [_line(event, field, values) for field, values in rows if field in FIELDS_WITH_VALUES or field in OTHER_FIELDS]


def _line(event: AuditEvent, field: str, values: Any) -> str:
    if field not in FIELDS_WITH_VALUES or not isinstance(values, list) or len(values) != 2:
        return str(OTHER_FIELDS.get(field) or FIELDS_WITH_VALUES[field])
    before, after = (_value(event, field, value) for value in values)
    return f"{FIELDS_WITH_VALUES[field]} {before} → {after or '—'}" if before else f"{FIELDS_WITH_VALUES[field]} {after or '—'}"


def _value(event: AuditEvent, field: str, value: Any) -> str:
    if value in (None, "", "None"):
        return ""
    domain = "attendance" if field == "state" else DOMAINS.get(event.target_type, "") if field == "status" else None
    found = find_state(str(value), domain) if domain is not None else None
    return str(found.word) if found else str(value)[:40]
