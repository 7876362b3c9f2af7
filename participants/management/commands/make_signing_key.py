"""Make the office's own authority and a key that signs certificates."""

import secrets
from datetime import timedelta
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import pkcs12
from cryptography.x509.oid import NameOID
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

AUTHORITY_YEARS, SIGNER_YEARS = 20, 10
KEY_BITS = 3072


class Command(BaseCommand):
    help = "Make a certificate authority and a signing key: authority.pem to hand out, signing.p12 for CERTIFICATE_SIGNING_KEY. The authority's own key is not kept."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("folder", type=Path, help="where to write the two files; nothing there is overwritten")
        parser.add_argument("--name", default="京津冀教育交流", help="the office that signs")
        parser.add_argument("--password", help="of signing.p12; one is made and shown when left out")

    def handle(self, *args: Any, **options: Any) -> None:
        folder: Path = options["folder"]
        authority_file, signing_file = folder / "authority.pem", folder / "signing.p12"
        if authority_file.exists() or signing_file.exists():
            raise CommandError(f"There are keys in {folder} already.")
        password = options["password"] or secrets.token_urlsafe(18)
        authority, bundle = make(options["name"], password)
        folder.mkdir(parents=True, exist_ok=True)
        authority_file.write_bytes(authority)
        signing_file.touch(mode=0o600)
        signing_file.write_bytes(bundle)
        self.stdout.write(f"CERTIFICATE_SIGNING_KEY={signing_file.resolve()}")
        if not options["password"]:
            self.stdout.write(f"CERTIFICATE_SIGNING_PASSWORD={password}")


def make(name: str, password: str) -> tuple[bytes, bytes]:
    """The authority's certificate, and key, certificate and chain of the signer under a password."""
    authority_key, key = (rsa.generate_private_key(65537, KEY_BITS) for _ in range(2))
    authority_name = named(f"{name} 证书根")
    authority = template(authority_name, authority_name, authority_key.public_key(), AUTHORITY_YEARS, is_authority=True).sign(authority_key, hashes.SHA256())
    certificate = template(named(f"{name} 证书签章"), authority_name, key.public_key(), SIGNER_YEARS, is_authority=False).sign(authority_key, hashes.SHA256())
    locked = serialization.BestAvailableEncryption(password.encode())
    bundle = pkcs12.serialize_key_and_certificates(b"certificates", key, certificate, [authority], locked)
    return authority.public_bytes(serialization.Encoding.PEM), bundle


def named(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COUNTRY_NAME, "CN"), x509.NameAttribute(NameOID.COMMON_NAME, name[:64])])


def template(subject: x509.Name, issuer: x509.Name, key: rsa.RSAPublicKey, years: int, *, is_authority: bool) -> x509.CertificateBuilder:
    now = timezone.now()
    usage = x509.KeyUsage(
        digital_signature=not is_authority,
        content_commitment=not is_authority,
        key_cert_sign=is_authority,
        crl_sign=is_authority,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(minutes=5))
        .not_valid_after(now + timedelta(days=365 * years))
        .add_extension(x509.BasicConstraints(ca=is_authority, path_length=0 if is_authority else None), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
    )
