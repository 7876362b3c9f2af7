"""Facts → file: by stencil where the texts of a paper allow it, laid out by itself where not. Both look the same."""

from dataclasses import replace

from exchange.archiving import archived
from participants.certificates import slots
from participants.certificates.facts import CertificateFacts
from participants.certificates.layouts import attachment_of, laid_out

SAMPLE_NUMBER = "教证〔2023〕第0001号"


def fitted(facts: CertificateFacts, number: str = SAMPLE_NUMBER) -> CertificateFacts:
    """The facts with the largest size at which everything fits one page. Raises RuleViolation "text_too_long".

    `number` is one like that of the paper, while it has none yet: papers that are laid out with it serve those to come.
    """
    return replace(facts, level=slots.level_of(facts.numbered(facts.number or number, facts.code or slots.CODE)))


def certificate_pdf(facts: CertificateFacts) -> bytes:
    """The file to be kept and stamped."""
    return slots.pdf_of(facts) or plain_pdf(facts)


def plain_pdf(facts: CertificateFacts) -> bytes:
    """The paper laid out by itself."""
    return archived(laid_out(facts).pdf(), attachment_of(facts))


def preview_pdf(facts: CertificateFacts) -> bytes:
    """The same paper without number and code, with a pale ring where the seal will stand."""
    return laid_out(replace(fitted(facts), number="", code=""), is_preview=True).pdf()
