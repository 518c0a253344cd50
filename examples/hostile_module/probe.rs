//! What a module must not do, tried one by one; each answer is a line of the log:
//! `probe FUNCTION ATTEMPT ANSWER`, the answer `ok` or the error's name.

use std::ffi::CStr;
use std::ffi::CString;
use std::ffi::c_long;
use std::fs::File;
use std::fs::OpenOptions;
use std::io;
use std::io::Read as _;
use std::io::Write as _;
use std::net::TcpStream;
use std::os::fd::OwnedFd;
use std::path::Path;

use rustix::net::AddressFamily;
use rustix::net::SocketAddrUnix;
use rustix::net::SocketType;

use crate::action;
use crate::enter;
use crate::note;

/// Runs at dlopen, before the host has called anything.
#[used]
#[unsafe(link_section = ".init_array")]
static CONSTRUCTOR: extern "C" fn() = constructor;

extern "C" fn constructor() {
    if action("load").is_some() {
        enter("load");
    }
}

/// All of it.
pub(crate) fn everything(function: &str) {
    let folder = std::env::var("KYSO_HOSTILE_PROBE").unwrap();
    let folder = Path::new(&folder);
    let say =
        |attempt: &str, answer: io::Result<()>| note(&format!("probe {function} {attempt} {}", name(answer)));
    for (attempt, number, arguments) in calls() {
        say(attempt, call(number, arguments));
    }
    for (attempt, answer) in files(folder) {
        say(attempt, answer);
    }
    let port = std::env::var("KYSO_HOSTILE_PORT").unwrap();
    say("tcp", TcpStream::connect(format!("127.0.0.1:{port}")).map(drop));
    let abstract_name = folder.as_os_str().as_encoded_bytes();
    say("abstract-socket", connect(SocketAddrUnix::new_abstract_name(abstract_name)));
    say("other-socket", connect(SocketAddrUnix::new(folder.join("socket"))));
    say("pcscd-socket", connect(SocketAddrUnix::new(std::env::var("PCSCLITE_CSOCK_NAME").unwrap().as_str())));
    say("program", std::process::Command::new("/bin/true").status().map(drop));
    // A constructor holds the loader's lock, which a new thread of the library waits for.
    if function != "load" {
        say("thread", std::thread::spawn(|| ()).join().map_err(|_| io::Error::other("panic")));
    }
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    for field in ["NoNewPrivs", "Seccomp"] {
        let value = status.lines().find_map(|line| line.strip_prefix(field)?.strip_prefix(":\t")).unwrap();
        note(&format!("probe {function} {field} {value}"));
    }
    // SAFETY: asks for the version of the interface and hands over no memory.
    let abi = unsafe { libc::syscall(libc::SYS_landlock_create_ruleset, 0, 0, 1) };
    note(&format!("probe {function} landlock {}", abi.max(0)));
}

/// One of the person's own commands.
pub(crate) fn command() {
    let socket = std::env::var("KYSO_HOSTILE_PROBE").unwrap();
    let answer = connected(SocketAddrUnix::new(socket.as_str())).and_then(|stream| {
        let mut stream = File::from(stream);
        stream.write_all(b"{\"call\":\"origins\"}\n")?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        Ok(answer.contains("origins"))
    });
    note(&format!("command answered: {}", answer.unwrap_or(false)));
}

/// A call of the 32-bit interface, whose numbers a filter for 64 bits would take for others.
pub(crate) fn compat() {
    #[cfg(target_arch = "x86_64")]
    // SAFETY: getpid touches no memory.
    unsafe {
        std::arch::asm!("int 0x80", inlateout("eax") 20 => _);
    }
}

const MAKES_PROCESSES: &[c_long] = &[
    #[cfg(target_arch = "x86_64")]
    libc::SYS_fork,
    libc::SYS_clone,
    libc::SYS_clone3,
];

type Attempt = (&'static str, c_long, [usize; 5]);

fn calls() -> Vec<Attempt> {
    let parent = rustix::process::getppid().unwrap().as_raw_nonzero().get() as usize;
    let own = std::process::id() as usize;
    let at = |text: &'static CStr| text.as_ptr() as usize;
    let here = libc::AT_FDCWD as usize;
    let (program, nothing) = (at(c"/bin/true"), [0, 0, 0]);
    let with = |first: usize| [first, nothing[0], nothing[1], nothing[2], 0];
    let socket =
        |family: i32, kind: i32, protocol: i32| [family as usize, kind as usize, protocol as usize, 0, 0];
    let limits: &'static [u64; 2] = &[1 << 20, 1 << 20];
    let limits = limits.as_ptr() as usize;
    vec![
        ("execve", libc::SYS_execve, with(program)),
        ("execveat", libc::SYS_execveat, [here, program, 0, 0, 0]),
        #[cfg(target_arch = "x86_64")]
        ("fork", libc::SYS_fork, with(0)),
        ("clone", libc::SYS_clone, with(libc::SIGCHLD as usize)),
        ("clone3", libc::SYS_clone3, with(0)),
        ("unshare", libc::SYS_unshare, with(libc::CLONE_NEWUSER as usize)),
        ("ptrace-parent", libc::SYS_ptrace, [libc::PTRACE_SEIZE as usize, parent, 0, 0, 0]),
        ("read-parent", libc::SYS_process_vm_readv, [parent, 0, 0, 0, 0]),
        ("write-parent", libc::SYS_process_vm_writev, [parent, 0, 0, 0, 0]),
        ("files-of-parent", libc::SYS_pidfd_getfd, with(usize::MAX)),
        ("signal-parent", libc::SYS_kill, with(parent)),
        ("signal-all", libc::SYS_kill, with(usize::MAX)),
        ("signal-thread-of-parent", libc::SYS_tgkill, [parent, parent, 0, 0, 0]),
        ("signal-self", libc::SYS_kill, with(own)),
        ("limits-of-parent", libc::SYS_prlimit64, [parent, libc::RLIMIT_CORE as usize, 0, 0, 0]),
        ("raise-core", libc::SYS_prlimit64, [0, libc::RLIMIT_CORE as usize, limits, 0, 0]),
        ("raise-core-old", libc::SYS_setrlimit, [libc::RLIMIT_CORE as usize, limits, 0, 0, 0]),
        ("dumpable", libc::SYS_prctl, [libc::PR_SET_DUMPABLE as usize, 1, 0, 0, 0]),
        ("slow-parent", libc::SYS_setpriority, [libc::PRIO_PROCESS as usize, parent, 19, 0, 0]),
        ("slow-all", libc::SYS_setpriority, [libc::PRIO_USER as usize, 0, 0, 0, 0]),
        ("idle-parent", libc::SYS_sched_setscheduler, [parent, libc::SCHED_IDLE as usize, limits, 0, 0]),
        ("slow-disk-of-parent", libc::SYS_ioprio_set, [1, parent, 0, 0, 0]),
        ("slow-self", libc::SYS_setpriority, [libc::PRIO_PROCESS as usize, 0, 0, 0, 0]),
        ("personality", libc::SYS_personality, with(libc::ADDR_NO_RANDOMIZE as usize)),
        ("type-on-terminal", libc::SYS_ioctl, [2, libc::TIOCSTI as usize, program, 0, 0]),
        ("own-terminal", libc::SYS_ioctl, [2, libc::TIOCSCTTY as usize, 0, 0, 0]),
        ("front-of-terminal", libc::SYS_ioctl, [2, libc::TIOCSPGRP as usize, limits, 0, 0]),
        ("signals-to-parent", libc::SYS_fcntl, [0, libc::F_SETOWN as usize, parent, 0, 0]),
        ("signals-to-parent-ex", libc::SYS_fcntl, [0, 15, limits, 0, 0]),
        ("signals-by-ioctl", libc::SYS_ioctl, [0, 0x8901, limits, 0, 0]),
        ("signals-by-socket", libc::SYS_ioctl, [0, 0x8902, limits, 0, 0]),
        ("keyctl", libc::SYS_keyctl, with(0)),
        ("add-key", libc::SYS_add_key, with(program)),
        ("bpf", libc::SYS_bpf, with(0)),
        ("perf", libc::SYS_perf_event_open, with(0)),
        ("io-uring", libc::SYS_io_uring_setup, with(1)),
        ("userfaultfd", libc::SYS_userfaultfd, with(0)),
        ("mount", libc::SYS_mount, [0, at(c"/mnt"), 0, 0, 0]),
        ("reboot", libc::SYS_reboot, with(0)),
        ("x32", libc::SYS_getpid | 0x4000_0000, with(0)),
        ("socket-tcp", libc::SYS_socket, socket(libc::AF_INET, libc::SOCK_STREAM, 0)),
        ("socket-udp", libc::SYS_socket, socket(libc::AF_INET, libc::SOCK_DGRAM, 0)),
        ("socket-raw", libc::SYS_socket, socket(libc::AF_INET, libc::SOCK_RAW, 1)),
        ("socket-tcp6", libc::SYS_socket, socket(libc::AF_INET6, libc::SOCK_STREAM, 0)),
        ("socket-udp6", libc::SYS_socket, socket(libc::AF_INET6, libc::SOCK_DGRAM, 0)),
        ("socket-packet", libc::SYS_socket, socket(libc::AF_PACKET, libc::SOCK_RAW, 0)),
        ("socket-vsock", libc::SYS_socket, socket(libc::AF_VSOCK, libc::SOCK_STREAM, 0)),
        ("socket-route", libc::SYS_socket, socket(libc::AF_NETLINK, libc::SOCK_RAW, libc::NETLINK_ROUTE)),
        (
            "socket-sock-diag",
            libc::SYS_socket,
            socket(libc::AF_NETLINK, libc::SOCK_RAW, libc::NETLINK_SOCK_DIAG),
        ),
        (
            "socket-devices",
            libc::SYS_socket,
            socket(libc::AF_NETLINK, libc::SOCK_RAW, libc::NETLINK_KOBJECT_UEVENT),
        ),
        ("socket-unix", libc::SYS_socket, socket(libc::AF_UNIX, libc::SOCK_STREAM, 0)),
    ]
}

fn files(folder: &Path) -> Vec<(&'static str, io::Result<()>)> {
    let parent = format!("/proc/{}", rustix::process::getppid().unwrap().as_raw_nonzero());
    let log = std::env::var("KYSO_HOSTILE_LOG").unwrap();
    let own = Path::new(&log).with_file_name("own");
    let (secret, stolen) = (folder.join("secret"), folder.join("stolen"));
    vec![
        ("write-own", std::fs::write(&own, "x")),
        ("read-own", std::fs::read(&own).map(drop)),
        ("read-system", std::fs::read("/etc/passwd").map(drop)),
        ("read-secret", std::fs::read(&secret).map(drop)),
        ("list-folder", std::fs::read_dir(folder).map(drop)),
        ("write-secret", OpenOptions::new().write(true).open(&secret).map(drop)),
        ("create-file", File::create(&stolen).map(drop)),
        ("rename-into", std::fs::rename(&own, &stolen)),
        ("protect-secret", set_read_only(&secret)),
        ("open-terminals", std::fs::read_dir("/dev/pts").map(drop)),
        ("shorten-secret", shorten(&secret)),
        ("memory-of-parent", OpenOptions::new().write(true).open(format!("{parent}/mem")).map(drop)),
        ("remove-own", std::fs::remove_file(&own)),
    ]
}

fn set_read_only(path: &Path) -> io::Result<()> {
    // The permissions of a file that may be read: only their change is to be refused.
    let mut permissions = std::fs::metadata(path)?.permissions();
    permissions.set_readonly(true);
    std::fs::set_permissions(path, permissions)
}

/// To the length that it has.
fn shorten(path: &Path) -> io::Result<()> {
    let length = std::fs::metadata(path)?.len() as usize;
    let path = CString::new(path.as_os_str().as_encoded_bytes()).unwrap();
    call(libc::SYS_truncate, [path.as_ptr() as usize, length, 0, 0, 0])
}

fn connect(address: rustix::io::Result<SocketAddrUnix>) -> io::Result<()> {
    connected(address).map(drop)
}

fn connected(address: rustix::io::Result<SocketAddrUnix>) -> io::Result<OwnedFd> {
    let socket = rustix::net::socket(AddressFamily::UNIX, SocketType::STREAM, None)?;
    rustix::net::connect(&socket, &address?)?;
    Ok(socket)
}

fn call(number: c_long, [a, b, c, d, e]: [usize; 5]) -> io::Result<()> {
    // SAFETY: the pointers among the arguments lead to constants, or nowhere, which the kernel notices.
    match unsafe { libc::syscall(number, a, b, c, d, e) } {
        -1 => Err(io::Error::last_os_error()),
        // SAFETY: a child that was not to be; nothing of this process' may run in it.
        0 if MAKES_PROCESSES.contains(&number) => unsafe { libc::_exit(0) },
        _ => Ok(()),
    }
}

fn name(answer: io::Result<()>) -> String {
    match answer.map_err(|error| error.raw_os_error()) {
        Ok(()) => "ok".to_owned(),
        Err(Some(libc::EPERM)) => "EPERM".to_owned(),
        Err(Some(libc::EACCES)) => "EACCES".to_owned(),
        Err(Some(libc::ENOSYS)) => "ENOSYS".to_owned(),
        Err(other) => format!("{other:?}"),
    }
}
