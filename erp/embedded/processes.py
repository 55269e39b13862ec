"""What Linux offers to start children that never outlive us and, as root, run as somebody else.

On systems without prctl (macOS) the calls do nothing: children are then stopped in the ordinary way only.
"""

import ctypes
import os
import signal
import sys
from collections.abc import Callable
from dataclasses import dataclass

_PR_SET_PDEATHSIG = 1
_PR_SET_SECUREBITS = 28
_PR_SET_CHILD_SUBREAPER = 36
_PR_CAP_AMBIENT = 47
_PR_CAP_AMBIENT_RAISE = 2
_SECBIT_NO_SETUID_FIXUP = 4
_CAPABILITY_VERSION_3 = 0x20080522

CAP_DAC_OVERRIDE = 1
CAP_DAC_READ_SEARCH = 2

_libc = ctypes.CDLL(None, use_errno=True)


def _prctl(option: int, value: int, third: int = 0) -> None:
    if sys.platform == "linux" and _libc.prctl(option, value, third, 0, 0) != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))


def die_with_parent(signal_number: int, *, parent: int) -> None:
    """Have the kernel send `signal_number` to this process when its parent (pid `parent`) ends."""
    _prctl(_PR_SET_PDEATHSIG, signal_number)
    if os.getppid() != parent:  # it ended before we asked
        os.kill(os.getpid(), signal.SIGKILL)


def adopt_orphans() -> None:
    """Make the processes that our children leave behind our own children, so that we can end them."""
    _prctl(_PR_SET_CHILD_SUBREAPER, 1)


@dataclass(frozen=True)
class Account:
    """A user of the operating system, with the capabilities that its processes keep."""

    uid: int
    gid: int
    capabilities: tuple[int, ...] = ()

    def assume(self) -> None:
        """Turn this (root) process into one of the account. Raises OSError where a capability is not ours to give."""
        if self.capabilities:
            # Capabilities survive the change of user, and access(2), by which PostgreSQL looks at its files, counts them.
            _prctl(_PR_SET_SECUREBITS, _SECBIT_NO_SETUID_FIXUP)
        os.setgroups([])
        os.setresgid(self.gid, self.gid, self.gid)
        os.setresuid(self.uid, self.uid, self.uid)
        if self.capabilities:
            _keep_capabilities(self.capabilities)


def _keep_capabilities(capabilities: tuple[int, ...]) -> None:
    mask = sum(1 << capability for capability in capabilities)
    header = (ctypes.c_uint32 * 2)(_CAPABILITY_VERSION_3, 0)
    # effective, permitted, inheritable: for capabilities 0-31, then for 32-63
    data = (ctypes.c_uint32 * 6)(mask, mask, mask, 0, 0, 0)
    if _libc.capset(header, data) != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    for capability in capabilities:
        _prctl(_PR_CAP_AMBIENT, _PR_CAP_AMBIENT_RAISE, capability)


def child_setup(*, death_signal: int, account: Account | None = None) -> Callable[[], None]:
    """Return what a child runs between fork and exec: a session of its own, another account, the parent's fate."""
    parent = os.getpid()

    def setup() -> None:
        os.setsid()
        if account is not None:
            account.assume()
        die_with_parent(death_signal, parent=parent)  # last: a change of account clears it

    return setup
