//! The system calls that are refused (seccomp(2)). All others stay: what a vendor's library needs is not
//! known, what it must not do is.

use std::collections::BTreeMap;
use std::io;

use seccompiler::BackendError;
use seccompiler::BpfProgram;
use seccompiler::SeccompAction;
use seccompiler::SeccompCmpArgLen;
use seccompiler::SeccompCmpOp;
use seccompiler::SeccompCmpOp::Eq;
use seccompiler::SeccompCmpOp::MaskedEq;
use seccompiler::SeccompCmpOp::Ne;
use seccompiler::SeccompCondition;
use seccompiler::SeccompFilter;
use seccompiler::SeccompRule;
use seccompiler::TargetArch;
use seccompiler::apply_filter_all_threads;
use seccompiler::sock_filter;

use super::Allowance;

/// Sets `no_new_privs` and the filters. A call of another architecture (32-bit code) ends the process,
/// clone3 and the x32 calls answer `ENOSYS`, whatever else is refused answers `EPERM`.
pub(super) fn refuse(allowance: &Allowance<'_>) -> io::Result<()> {
    let filter = filter(allowance).map_err(io::Error::other)?;
    apply_filter_all_threads(&UNKNOWN).map_err(io::Error::other)?;
    apply_filter_all_threads(&filter).map_err(io::Error::other)
}

fn filter(allowance: &Allowance<'_>) -> Result<BpfProgram, BackendError> {
    let mut rules: BTreeMap<i64, Vec<SeccompRule>> = BTreeMap::new();
    let by_path = if allowance.landlock { BY_PATH } else { &[] };
    rules.extend([NEVER, by_path].concat().into_iter().map(|call| (call, Vec::new())));
    for (call, conditions) in cases(allowance.network) {
        rules
            .entry(call)
            .or_default()
            .push(SeccompRule::new(conditions.into_iter().collect::<Result<_, _>>()?)?);
    }
    let refusal = SeccompAction::Errno(libc::EPERM.cast_unsigned());
    let architecture = TargetArch::try_from(std::env::consts::ARCH)?;
    SeccompFilter::new(rules, SeccompAction::Allow, refusal, architecture)?.try_into()
}

/// One way to make a call, by conditions on its arguments that all hold.
type Case = (i64, Vec<Result<SeccompCondition, BackendError>>);

/// What is refused of calls that are needed otherwise.
fn cases(network: bool) -> Vec<Case> {
    let own = u64::from(std::process::id());
    let mut cases = vec![
        // Threads are clones that share everything; all else is a new process.
        (libc::SYS_clone, vec![int(0, MaskedEq(number(libc::CLONE_THREAD)), 0)]),
        // Signals to others. abort() and the host's own end go to this process.
        (libc::SYS_kill, vec![int(0, Ne, own)]),
        (libc::SYS_tgkill, vec![int(0, Ne, own)]),
        (libc::SYS_rt_sigqueueinfo, vec![int(0, Ne, own)]),
        (libc::SYS_rt_tgsigqueueinfo, vec![int(0, Ne, own)]),
        // Limits are read with it too, and only set where there is a new value.
        (libc::SYS_prlimit64, vec![int(0, Ne, 0), int(0, Ne, own)]),
        (libc::SYS_prlimit64, vec![pointer(2, Ne, 0)]),
        // The kernel signals the owner of a descriptor, with any signal, and anybody can be made its owner.
        (libc::SYS_fcntl, vec![int(1, Eq, number(libc::F_SETOWN))]),
        (libc::SYS_fcntl, vec![int(1, Eq, F_SETOWN_EX)]),
        (libc::SYS_ioctl, vec![int(1, Eq, FIOSETOWN)]),
        (libc::SYS_ioctl, vec![int(1, Eq, SIOCSPGRP)]),
        // Becoming readable for others again (R35).
        (libc::SYS_prctl, vec![int(0, Eq, number(libc::PR_SET_DUMPABLE))]),
        // Others' place in the queue for the processor and the disk.
        (libc::SYS_setpriority, vec![int(0, Ne, u64::from(libc::PRIO_PROCESS))]),
        (libc::SYS_setpriority, vec![int(1, Ne, 0), int(1, Ne, own)]),
        (libc::SYS_ioprio_set, vec![int(0, Ne, IOPRIO_WHO_PROCESS)]),
        (libc::SYS_ioprio_set, vec![int(1, Ne, 0), int(1, Ne, own)]),
        (libc::SYS_sched_setscheduler, vec![int(0, Ne, 0), int(0, Ne, own)]),
        (libc::SYS_sched_setparam, vec![int(0, Ne, 0), int(0, Ne, own)]),
        (libc::SYS_sched_setattr, vec![int(0, Ne, 0), int(0, Ne, own)]),
        // Typing on the terminal that the agent was started in.
        (libc::SYS_ioctl, vec![int(1, Eq, libc::TIOCSTI)]),
        (libc::SYS_ioctl, vec![int(1, Eq, libc::TIOCLINUX)]),
        // Making it one's own, to read what is typed for others.
        (libc::SYS_ioctl, vec![int(1, Eq, libc::TIOCSCTTY)]),
        (libc::SYS_ioctl, vec![int(1, Eq, libc::TIOCSPGRP)]),
        // It may ask for its personality, not change it.
        (libc::SYS_personality, vec![int(0, Ne, 0xffff_ffff)]),
    ];
    let socket = |conditions| (libc::SYS_socket, conditions);
    let family = |op, family| int(0, op, number(family));
    let mut foreign = vec![family(Ne, libc::AF_UNIX), family(Ne, libc::AF_NETLINK)];
    // libusb and libudev hear of devices on it, and don't start without.
    let mut netlink = vec![family(Eq, libc::AF_NETLINK), int(2, Ne, number(libc::NETLINK_KOBJECT_UEVENT))];
    if network {
        foreign.extend([family(Ne, libc::AF_INET), family(Ne, libc::AF_INET6)]);
        // getaddrinfo looks at the interfaces.
        netlink.push(int(2, Ne, number(libc::NETLINK_ROUTE)));
    }
    cases.extend([socket(foreign), socket(netlink)]);
    cases
}

/// On an argument of 32 bits: the kernel ignores the upper half.
fn int(index: u8, op: SeccompCmpOp, value: u64) -> Result<SeccompCondition, BackendError> {
    SeccompCondition::new(index, SeccompCmpArgLen::Dword, op, value)
}

fn pointer(index: u8, op: SeccompCmpOp, value: u64) -> Result<SeccompCondition, BackendError> {
    SeccompCondition::new(index, SeccompCmpArgLen::Qword, op, value)
}

fn number(value: i32) -> u64 {
    u64::from(value.cast_unsigned())
}

/// `ENOSYS` for clone3, whose flags lie in memory that a filter can't see: libc falls back to clone. The
/// same for every number of the x32 interface, a second set of names for the calls of x86-64.
const UNKNOWN: [sock_filter; 5] = {
    let load = sock_filter { code: 0x20, jt: 0, jf: 0, k: 0 }; // the call's number, at offset 0
    let x32 = sock_filter { code: 0x35, jt: 1, jf: 0, k: 0x4000_0000 }; // as large or larger
    let clone3 = sock_filter { code: 0x15, jt: 0, jf: 1, k: libc::SYS_clone3 as u32 }; // equal
    let refused = libc::SECCOMP_RET_ERRNO | libc::ENOSYS.cast_unsigned();
    let refuse = sock_filter { code: 0x06, jt: 0, jf: 0, k: refused };
    let allow = sock_filter { code: 0x06, jt: 0, jf: 0, k: libc::SECCOMP_RET_ALLOW };
    [load, x32, clone3, refuse, allow]
};

/// Refused whatever the arguments.
const NEVER: &[i64] = &[
    // Programs and processes; with clone above, there is no way to another process.
    libc::SYS_execve,
    libc::SYS_execveat,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_fork,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_vfork,
    libc::SYS_unshare,
    libc::SYS_setns,
    // Other processes: their memory, their files, their ends.
    libc::SYS_ptrace,
    libc::SYS_process_vm_readv,
    libc::SYS_process_vm_writev,
    libc::SYS_process_madvise,
    libc::SYS_migrate_pages,
    libc::SYS_move_pages,
    libc::SYS_pidfd_getfd,
    libc::SYS_pidfd_send_signal,
    libc::SYS_kcmp,
    libc::SYS_tkill,
    // Limits; see prlimit64 above.
    libc::SYS_setrlimit,
    // The kernel's keys, among them other programs' secrets.
    libc::SYS_add_key,
    libc::SYS_request_key,
    libc::SYS_keyctl,
    // Ways round a filter, and where most of the kernel's own holes were.
    libc::SYS_io_uring_setup,
    libc::SYS_io_uring_enter,
    libc::SYS_io_uring_register,
    libc::SYS_userfaultfd,
    libc::SYS_bpf,
    libc::SYS_perf_event_open,
    libc::SYS_open_by_handle_at,
    // Where files are.
    libc::SYS_mount,
    libc::SYS_umount2,
    libc::SYS_pivot_root,
    libc::SYS_chroot,
    libc::SYS_open_tree,
    OPEN_TREE_ATTR,
    libc::SYS_move_mount,
    libc::SYS_mount_setattr,
    libc::SYS_fsopen,
    libc::SYS_fsconfig,
    libc::SYS_fsmount,
    libc::SYS_fspick,
    // The machine: for an agent that root runs.
    libc::SYS_init_module,
    libc::SYS_finit_module,
    libc::SYS_delete_module,
    libc::SYS_kexec_load,
    libc::SYS_reboot,
    libc::SYS_swapon,
    libc::SYS_swapoff,
    libc::SYS_acct,
    libc::SYS_syslog,
    libc::SYS_settimeofday,
    libc::SYS_clock_settime,
    libc::SYS_adjtimex,
    libc::SYS_clock_adjtime,
    libc::SYS_sethostname,
    libc::SYS_setdomainname,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_iopl,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_ioperm,
];

/// Landlock leaves these alone, `truncate` before its version 3 (Debian 12 has 2), and they change files that
/// can't be opened.
const BY_PATH: &[i64] = &[
    libc::SYS_truncate,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_chmod,
    libc::SYS_fchmodat,
    FCHMODAT2,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_chown,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_lchown,
    libc::SYS_fchownat,
    libc::SYS_setxattr,
    libc::SYS_lsetxattr,
    libc::SYS_removexattr,
    libc::SYS_lremovexattr,
    SETXATTRAT,
    REMOVEXATTRAT,
    FILE_SETATTR,
];

// Calls that libc has no names for yet, of Linux 6.6, 6.13, 6.15 and 6.17; the same numbers on every
// architecture.
const FCHMODAT2: i64 = 452;
const SETXATTRAT: i64 = 463;
const REMOVEXATTRAT: i64 = 466;
const OPEN_TREE_ATTR: i64 = 467;
const FILE_SETATTR: i64 = 469;

// ioprio_set(2).
const IOPRIO_WHO_PROCESS: u64 = 1;

// Of fcntl(2) and ioctl(2), in the kernel's `asm-generic`.
const F_SETOWN_EX: u64 = 15;
const FIOSETOWN: u64 = 0x8901;
const SIOCSPGRP: u64 = 0x8902;
