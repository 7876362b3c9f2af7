"""All tables of `participants`, gathered for Django."""

from participants.attendance.models import AttendanceRecord
from participants.certificates.models import Certificate, CertificateBatch, CertificateBatchItem, NumberSeries
from participants.directory.models import Division, Invitation, Membership, Organisation, OrganisationAlias, User
from participants.people.models import Person
from participants.rosters.models import Allocation, Delegation, Registration, RosterImport

__all__ = [
    "Allocation",
    "AttendanceRecord",
    "Certificate",
    "CertificateBatch",
    "CertificateBatchItem",
    "Delegation",
    "Division",
    "Invitation",
    "Membership",
    "NumberSeries",
    "Organisation",
    "OrganisationAlias",
    "Person",
    "Registration",
    "RosterImport",
    "User",
]
