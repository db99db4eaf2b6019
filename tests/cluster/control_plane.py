"""A Kubernetes API server with its etcd, for the time of a test run: what envtest gives to programs in Go.

There is no kubelet, scheduler or controller manager: pods stay Pending, there is no service account
``default``, and a namespace that is deleted stays Terminating.
"""

from __future__ import annotations

import datetime as dt
import http.client
import ipaddress
import json
import shutil
import socket
import ssl
import subprocess
import tempfile
import time
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

if TYPE_CHECKING:
    from collections.abc import Iterator

HOST = "127.0.0.1"
MEMORY = Path("/dev/shm")  # noqa: S108  # etcd syncs to disk at every write, so it gets no disk

# The shell's only task is that no server outlives pytest: when stdin closes, for whatever reason, it kills.
_UNTIL_STDIN_CLOSES = (
    'exec 3<&0; "$@" 3<&- & server=$!; (cat <&3 >/dev/null; kill -9 $server 2>/dev/null) & wait $server'
)


class Server:
    """A process that is killed with the one that started it; it keeps nothing, so it is never asked to end.

    Attributes:
        log: The file that gets its output.
    """

    def __init__(self, binary: Path, log: Path, options: dict[str, object]) -> None:
        self.log = log
        self._command = [str(binary), *(f"--{name}={value}" for name, value in options.items())]
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def is_running(self) -> bool:
        """Whether the process is alive."""
        return self._process is not None and self._process.poll() is None

    def start(self) -> None:
        """Start it, in a session of its own: Ctrl-C is for pytest alone."""
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(  # noqa: S603  # the two servers of the user's own folder
                ["/bin/sh", "-c", _UNTIL_STDIN_CLOSES, "sh", *self._command],
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def kill(self) -> None:
        """Kill it, and wait until it is gone."""
        if self._process is not None:
            self._process.stdin.close()
            self._process.wait()
            self._process = None


class ControlPlane:
    """etcd and kube-apiserver of a folder as ``setup-envtest`` makes them, on free ports.

    Attributes:
        etcd: The database.
        api_server: The API server; it can be killed and started again, and finds everything as it was.
        url: Where it answers.
        kubeconfig: A file that makes one a cluster admin.
    """

    def __init__(self, assets: Path, folder: Path) -> None:
        certificate, key = folder / "certificate.pem", folder / "key.pem"
        write_certificate(certificate, key)
        etcd_port, port = _free_ports(2)
        etcd_url = f"http://{HOST}:{etcd_port}"
        self.url = f"https://{HOST}:{port}"
        self.kubeconfig = folder / "kubeconfig"
        self.kubeconfig.write_text(_kubeconfig(self.url, certificate, key), encoding="utf-8")
        self.etcd = Server(
            assets / "etcd",
            folder / "etcd.log",
            {
                "data-dir": folder / "etcd",
                "listen-client-urls": etcd_url,
                "advertise-client-urls": etcd_url,
                "listen-peer-urls": f"http://{HOST}:0",
            },
        )
        self.api_server = Server(
            assets / "kube-apiserver",
            folder / "kube-apiserver.log",
            {
                "etcd-servers": etcd_url,
                "bind-address": HOST,
                "advertise-address": HOST,
                "secure-port": port,
                "endpoint-reconciler-type": "none",
                "tls-cert-file": certificate,
                "tls-private-key-file": key,
                "client-ca-file": certificate,
                "service-account-issuer": "https://kubernetes.default.svc",
                "service-account-signing-key-file": key,
                "service-account-key-file": key,
                "service-cluster-ip-range": "10.0.0.0/24",
                "authorization-mode": "RBAC",
                "allow-privileged": "true",
                # Nobody makes the account `default` here, and the plugin refuses pods without one.
                "disable-admission-plugins": "ServiceAccount",
            },
        )
        self._tls = ssl.create_default_context(cafile=certificate)
        self._tls.load_cert_chain(certificate, key)

    def start(self) -> None:
        """Start both, and wait until the API server is ready.

        Raises:
            RuntimeError: One of them ended, or was not ready in time; the message has the end of its log.
        """
        self.etcd.start()
        self.api_server.start()
        self.wait_until_ready()

    def wait_until_ready(self, seconds: float = 60) -> None:
        """Wait until the API server calls itself ready.

        Raises:
            RuntimeError: It ended, or was not ready in time.
        """
        end = time.monotonic() + seconds
        while not self._is_ready():
            for server in (self.etcd, self.api_server):
                if not server.is_running or time.monotonic() > end:
                    fate = "was not ready in time" if server.is_running else "has ended"
                    lines = server.log.read_text(encoding="utf-8", errors="replace").splitlines()
                    raise RuntimeError("\n".join([f"{server.log.stem} {fate}:", *lines[-20:]]))
            time.sleep(0.1)

    def _is_ready(self) -> bool:
        port = int(self.url.rpartition(":")[2])
        connection = http.client.HTTPSConnection(HOST, port, timeout=5, context=self._tls)
        try:
            connection.request("GET", "/readyz")
            return connection.getresponse().status == http.HTTPStatus.OK
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()

    def kill(self) -> None:
        """Kill both."""
        self.api_server.kill()
        self.etcd.kill()


@contextmanager
def run_control_plane(assets: Path) -> Iterator[ControlPlane]:
    """Run a control plane, and leave nothing of it behind."""
    folder = Path(tempfile.mkdtemp(prefix="control-plane-", dir=MEMORY if MEMORY.is_dir() else None))
    try:
        control_plane = ControlPlane(assets, folder)
        try:
            control_plane.start()
            yield control_plane
        finally:
            control_plane.kill()
    finally:
        with suppress(OSError):
            shutil.rmtree(folder)


def _free_ports(count: int) -> list[int]:
    sockets = [socket.create_server((HOST, 0)) for _ in range(count)]
    ports = [bound.getsockname()[1] for bound in sockets]
    for bound in sockets:
        bound.close()
    return ports


def write_certificate(certificate_file: Path, key_file: Path) -> None:
    """Write one certificate for all parts: the authority, the server, and an admin who may do everything."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "system:masters"),
            x509.NameAttribute(NameOID.COMMON_NAME, "control-plane-for-tests"),
        ]
    )
    addresses = [x509.IPAddress(ipaddress.ip_address(HOST)), x509.DNSName("localhost")]
    usages = [ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]
    identifier = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
    uses = dict.fromkeys(["digital_signature", "key_cert_sign"], True) | dict.fromkeys(
        [
            "content_commitment",
            "key_encipherment",
            "data_encipherment",
            "key_agreement",
            "crl_sign",
            "encipher_only",
            "decipher_only",
        ],
        False,
    )
    now = dt.datetime.now(dt.timezone.utc)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(hours=1))
        .not_valid_after(now + dt.timedelta(days=7))
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(x509.KeyUsage(**uses), critical=True)
        .add_extension(x509.ExtendedKeyUsage(usages), critical=False)
        .add_extension(x509.SubjectAlternativeName(addresses), critical=False)
        .add_extension(identifier, critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(identifier), critical=False
        )
        .sign(key, hashes.SHA256())
    )
    certificate_file.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    key_file.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.TraditionalOpenSSL,
            serialization.NoEncryption(),
        )
    )


def _kubeconfig(url: str, certificate: Path, key: Path) -> str:
    content = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [
            {"name": "tests", "cluster": {"server": url, "certificate-authority": str(certificate)}}
        ],
        "users": [
            {"name": "admin", "user": {"client-certificate": str(certificate), "client-key": str(key)}}
        ],
        "contexts": [{"name": "tests", "context": {"cluster": "tests", "user": "admin"}}],
        "current-context": "tests",
    }
    return json.dumps(content, indent=1)
