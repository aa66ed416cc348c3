"""A certificate for ``h.test`` that nobody but a test trusts, and the key to it, which is no secret."""

from pathlib import Path

PEM = """\
-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQg9Hb3iwdKAFWpT4uB
X4Xumv2MMa+HOpYvpREwPtefIFyhRANCAATcrz8oTIZVFU9Vcnd0DYQxNrv5EEs6
dcUti6MUt1ea/4GYBE0JXD5EqO477jVQBItDzWugsk+I96YY+a3GtimN
-----END PRIVATE KEY-----
-----BEGIN CERTIFICATE-----
MIIBjDCCATKgAwIBAgIUepN4mnMx2PpdwJsnOPu9pMu19eswCgYIKoZIzj0EAwIw
ETEPMA0GA1UEAwwGaC50ZXN0MCAXDTI2MTEyNjAzMzEyMloYDzIxMjYxMTAyMDMz
MTIyWjARMQ8wDQYDVQQDDAZoLnRlc3QwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNC
AATcrz8oTIZVFU9Vcnd0DYQxNrv5EEs6dcUti6MUt1ea/4GYBE0JXD5EqO477jVQ
BItDzWugsk+I96YY+a3GtimNo2YwZDAdBgNVHQ4EFgQUnDd/+wQEkqB7S+HiyXsg
hPQ0/NowHwYDVR0jBBgwFoAUnDd/+wQEkqB7S+HiyXsghPQ0/NowDwYDVR0TAQH/
BAUwAwEB/zARBgNVHREECjAIggZoLnRlc3QwCgYIKoZIzj0EAwIDSAAwRQIhALYU
jdqnmbpebWJRvwwzTAOzbZVCX3rE7vZ1tSeL6jkuAiB/W/DJ2FAXRLVOihvlQmmu
SauqELc5N3QuSbFEXlsuTA==
-----END CERTIFICATE-----
"""


def a_certificate(folder: Path) -> Path:
    """The file, key and certificate in it."""
    path = folder / "h.test.pem"
    path.write_text(PEM, encoding="ascii")
    return path
