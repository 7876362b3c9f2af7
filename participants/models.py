"""All tables of `participants`, gathered for Django."""

from participants.attendance.models import AttendanceRecord, DeviceMark
from participants.certificates.award_models import Award, PaperPicture, PaperTemplate
from participants.certificates.models import Certificate, CertificateBatch, CertificateBatchItem, FormerFile, NumberSeries
from participants.directory.models import Division, Invitation, Membership, Organisation, OrganisationAlias, User
from participants.invitations.models import Guest, Invite
from participants.notices.models import MailPreference, MailStop, Notice, OutboxMail
from participants.people.models import Export, GuardianConsent, Person
from participants.rosters.models import Allocation, Delegation, QuotaPart, Registration, RosterImport, RosterVersion

__all__ = [
    "Allocation",
    "AttendanceRecord",
    "Award",
    "Certificate",
    "CertificateBatch",
    "CertificateBatchItem",
    "Delegation",
    "DeviceMark",
    "Division",
    "Export",
    "FormerFile",
    "GuardianConsent",
    "Guest",
    "Invitation",
    "Invite",
    "MailPreference",
    "MailStop",
    "Membership",
    "Notice",
    "NumberSeries",
    "Organisation",
    "OrganisationAlias",
    "OutboxMail",
    "PaperPicture",
    "PaperTemplate",
    "Person",
    "QuotaPart",
    "Registration",
    "RosterImport",
    "RosterVersion",
    "User",
]
