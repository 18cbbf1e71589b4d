"""What is pushed to a browser is sealed as RFC 8291 has it."""

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from autotennis_notifier.senders.web_push import decoded, encoded, sealed

# The example of RFC 8291, section 5 and appendix A.
PLAIN = b"When I grow up, I want to be a watermelon"
BROWSER = "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4"
AUTH = "BTBZMqHH6r4Tts7J_aSIgg"
OWN = "yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw"
SALT = "DGv6ra1nlYgDCS1FRnbzlw"
SEALED = (
    "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A"
    "_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN"
)


def test_the_standards_example_comes_out_as_it_stands_there() -> None:
    own = ec.derive_private_key(int.from_bytes(decoded(OWN)), ec.SECP256R1())
    assert encoded(sealed(PLAIN, decoded(BROWSER), decoded(AUTH), own, decoded(SALT))) == SEALED


def test_the_same_is_never_sealed_twice_alike() -> None:
    first, second = (sealed(PLAIN, decoded(BROWSER), decoded(AUTH)) for _ in range(2))
    assert first[:16] != second[:16]
    assert len(first) == len(second)


def test_a_key_that_is_none_is_refused() -> None:
    with pytest.raises(ValueError, match="key"):
        sealed(PLAIN, b"\x04" + b"x" * 64, decoded(AUTH))
