//! What a module can't do whatever it tries (R35, R44, R54), from its constructor on.

use std::fs;
use std::io::Write as _;
use std::net::TcpListener;
use std::os::linux::net::SocketAddrExt as _;
use std::os::unix::net::SocketAddr;
use std::os::unix::net::UnixListener;

use kyso::domain::error::TokenError;
use kyso::domain::ports::Tokens;
use kyso::domain::token::Snapshot;
use kyso::sys::sandbox::Landlock;
use kyso::token::hub::ModuleConfig;
use seccompiler::SeccompAction;
use seccompiler::SeccompFilter;
use tempfile::TempDir;

use super::Desk;
use crate::support::hostile::Hostile;
use crate::support::softhsm::SoftHsm;

#[tokio::test(flavor = "multi_thread")]
async fn r35_r44_r54_a_module_reaches_its_own_files_and_nothing_else() {
    let probed = Probed::new(|_| {}).await;
    probed.expect("C_Initialize", &[("thread", "ok")]);
    for function in ["load", "C_Initialize"] {
        probed.expect(function, &ALWAYS);
        probed.expect(function, NO_NETWORK);
        if probed.kernel(function) > 0 {
            probed.expect(function, OWN_FILES_ONLY);
        } else {
            probed.expect(function, ALL_FILES);
        }
        probed.expect(
            function,
            &[("abstract-socket", if probed.kernel(function) < 6 { "ok" } else { "EPERM" })],
        );
        probed
            .expect(function, &[("other-socket", if probed.kernel(function) < 9 { "ok" } else { "EACCES" })]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn r54_network_is_a_setting_of_the_module() {
    let probed = Probed::new(|module| module.settings.network = true).await;
    for function in ["load", "C_Initialize"] {
        probed.expect(function, &ALWAYS);
        for attempt in ["tcp", "socket-tcp", "socket-udp", "socket-tcp6", "socket-udp6", "socket-route"] {
            probed.expect(function, &[(attempt, "ok")]);
        }
        probed.expect(function, &[("socket-packet", "EPERM"), ("socket-sock-diag", "EPERM")]);
    }
    assert!(probed.caller.accept().is_ok(), "it came through");
}

/// The rest of the sandbox holds.
#[tokio::test(flavor = "multi_thread")]
async fn r54_landlock_is_a_setting_of_the_module() {
    let probed = Probed::new(|module| module.settings.landlock = false).await;
    assert_eq!(probed.desk.hub.landlock(), [Some(Landlock::Off)]);
    for function in ["load", "C_Initialize"] {
        probed.expect(function, &ALWAYS);
        probed.expect(function, NO_NETWORK);
        probed.expect(function, ALL_FILES);
        let kept_apart = if probed.kernel(function) > 0 { "EACCES" } else { "ok" };
        probed.expect(function, &[("memory-of-parent", kept_apart)]);
    }
}

/// A library for 32 bits has other numbers for its calls, so none of them is made.
#[cfg(target_arch = "x86_64")]
#[tokio::test(flavor = "multi_thread")]
async fn r54_calls_of_another_architecture_end_the_process() {
    let hostile = Hostile::new();
    let snapshot = Desk::new([hostile.always("C_Initialize=compat")]).hub.snapshot().await;
    let [TokenError::Crashed(cause)] = errors(&snapshot)[..] else { panic!("{snapshot:?}") };
    assert!(cause.contains("SIGSYS"), "{cause}");
}

/// A disk filled by a module ends the module (`RLIMIT_FSIZE`), and its descriptors are few.
#[tokio::test(flavor = "multi_thread")]
async fn r54_limits_hold() {
    let hostile = Hostile::new();
    let desk = Desk::new([hostile.always("load=inspect")]);
    assert!(desk.request(SoftHsm::PIN, 1).await.is_ok());
    for line in ["files Some(1024) Some(1024)", "largest Some(1073741824) Some(1073741824)"] {
        assert_eq!(hostile.count(line), 1, "{line}: {:?}", hostile.log());
    }
    assert_eq!(hostile.count("core Some(0)"), 1);
}

/// Where the kernel lacks Landlock, that is said, and the rest holds.
#[test]
fn r54_a_kernel_without_landlock_is_named() {
    let (probed, _runtime) = where_it_is_refused(libc::SYS_landlock_create_ruleset, libc::ENOSYS, || {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        (runtime.block_on(Probed::new(|_| {})), runtime)
    });
    assert_eq!(probed.desk.hub.landlock(), [Some(Landlock::Missing)]);
    for function in ["load", "C_Initialize"] {
        probed.expect(function, &ALWAYS);
        probed.expect(function, NO_NETWORK);
        probed.expect(function, ALL_FILES);
    }
}

/// No filter of system calls, no module.
#[test]
fn r54_a_kernel_without_seccomp_loads_no_module() {
    let hostile = Hostile::new();
    let desk = Desk::new([hostile.always("load=inspect")]);
    let snapshot = where_it_is_refused(libc::SYS_seccomp, libc::EINVAL, || look(&desk));
    let [TokenError::Missing(cause)] = errors(&snapshot)[..] else { panic!("{snapshot:?}") };
    assert!(cause.contains("can't be shut in") && cause.contains("seccomp"), "{cause}");
    assert_eq!(hostile.log(), Vec::<String>::new(), "not even its constructor ran");
    assert_eq!(desk.hub.landlock(), [None]);
}

/// The host ends itself by a signal, and its threads are clones: both go on.
#[tokio::test(flavor = "multi_thread")]
async fn r54_real_tokens_sign_from_inside() {
    let token = SoftHsm::new();
    let desk = Desk::new([super::softhsm(&token)]);
    let id = Some(token.id("person-p256"));
    let question = desk.question(id, kyso::domain::scheme::Scheme::Ecdsa, &super::digests(3)).await.unwrap();
    assert_eq!(desk.spend(super::typed(&question, SoftHsm::PIN)).await.unwrap().len(), 3);
    assert_ne!(desk.hub.landlock(), [Some(Landlock::Off)]);
    assert!(desk.hub.landlock()[0].is_some());
}

/// A module that tried everything in its constructor and in `C_Initialize`.
struct Probed {
    hostile: Hostile,
    desk: Desk,
    caller: TcpListener,
    /// What is none of the module's business.
    _other: (TempDir, UnixListener, UnixListener, UnixListener),
}

impl Probed {
    async fn new(change: impl FnOnce(&mut ModuleConfig)) -> Self {
        let other = TempDir::new().unwrap();
        fs::write(other.path().join("secret"), "a person's").unwrap();
        let abstract_name =
            SocketAddr::from_abstract_name(other.path().as_os_str().as_encoded_bytes()).unwrap();
        let sockets = (
            UnixListener::bind(other.path().join("socket")).unwrap(),
            UnixListener::bind(other.path().join("pcscd")).unwrap(),
            UnixListener::bind_addr(&abstract_name).unwrap(),
        );
        let caller = TcpListener::bind("127.0.0.1:0").unwrap();
        let hostile = Hostile::new();
        let mut module = hostile.always("load=probe,C_Initialize=probe");
        module.environment.extend([
            ("KYSO_HOSTILE_PROBE".into(), other.path().into()),
            ("KYSO_HOSTILE_PORT".into(), caller.local_addr().unwrap().port().to_string().into()),
            ("PCSCLITE_CSOCK_NAME".into(), other.path().join("pcscd").into()),
        ]);
        change(&mut module);
        let settings = module.settings.clone();
        let desk = Desk::new([module]);
        let snapshot = desk.hub.snapshot().await;
        assert!(snapshot.problems.is_empty(), "{:?}", snapshot.problems);
        let probed = Self { hostile, desk, caller, _other: (other, sockets.0, sockets.1, sockets.2) };
        assert_eq!(fs::read(probed._other.0.path().join("secret")).unwrap(), b"a person's");
        let kernel = probed.kernel("load");
        if settings.landlock {
            let expected = if kernel == 0 { Landlock::Missing } else { Landlock::On { abi: kernel.min(9) } };
            assert_eq!(probed.desk.hub.landlock(), [Some(expected)]);
            // Not println: what was proven here is to be seen where all is well, too.
            let _ = writeln!(
                std::io::stderr(),
                "sandbox: seccomp, no_new_privs and limits proven; Landlock: {expected:?}"
            );
        }
        probed
    }

    /// The version of Landlock that this kernel has, as the module found it; 0 for none.
    fn kernel(&self, function: &str) -> u32 {
        self.answer(function, "landlock").parse().unwrap()
    }

    fn expect(&self, function: &str, answers: &[(&str, &str)]) {
        for (attempt, answer) in answers {
            assert_eq!(self.answer(function, attempt), *answer, "{attempt} in {function}");
        }
    }

    fn answer(&self, function: &str, attempt: &str) -> String {
        let log = self.hostile.log();
        let line = format!("probe {function} {attempt} ");
        let found = log.iter().find_map(|logged| logged.strip_prefix(&line)).map(str::to_owned);
        found.unwrap_or_else(|| panic!("no {line}in {log:?}"))
    }
}

/// What the modules fail with.
fn errors(snapshot: &Snapshot) -> Vec<&TokenError> {
    snapshot.problems.iter().map(|problem| &problem.error).collect()
}

fn look(desk: &Desk) -> Snapshot {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(desk.hub.snapshot())
}

/// Runs it on a thread whose children, on this kernel, get this answer to this call.
fn where_it_is_refused<T: Send>(call: i64, answer: i32, run: impl FnOnce() -> T + Send) -> T {
    let refusal = SeccompAction::Errno(answer.cast_unsigned());
    let architecture = std::env::consts::ARCH.try_into().unwrap();
    let rules = [(call, Vec::new())].into();
    let filter = SeccompFilter::new(rules, SeccompAction::Allow, refusal, architecture).unwrap();
    let filter: seccompiler::BpfProgram = filter.try_into().unwrap();
    std::thread::scope(|scope| {
        let thread = scope.spawn(|| {
            seccompiler::apply_filter(&filter).unwrap();
            run()
        });
        thread.join().unwrap()
    })
}

/// Refused or allowed whatever the settings are.
const ALWAYS: [(&str, &str); 48] = [
    ("NoNewPrivs", "1"),
    ("Seccomp", "2"),
    ("execve", "EPERM"),
    ("execveat", "EPERM"),
    ("program", "EPERM"),
    ("clone", "EPERM"),
    ("clone3", "ENOSYS"),
    ("unshare", "EPERM"),
    ("ptrace-parent", "EPERM"),
    ("read-parent", "EPERM"),
    ("write-parent", "EPERM"),
    ("files-of-parent", "EPERM"),
    ("signal-parent", "EPERM"),
    ("signal-all", "EPERM"),
    ("signal-thread-of-parent", "EPERM"),
    ("signal-self", "ok"),
    ("limits-of-parent", "EPERM"),
    ("raise-core", "EPERM"),
    ("raise-core-old", "EPERM"),
    ("dumpable", "EPERM"),
    ("slow-parent", "EPERM"),
    ("slow-all", "EPERM"),
    ("idle-parent", "EPERM"),
    ("slow-disk-of-parent", "EPERM"),
    ("slow-self", "ok"),
    ("personality", "EPERM"),
    ("type-on-terminal", "EPERM"),
    ("own-terminal", "EPERM"),
    ("front-of-terminal", "EPERM"),
    ("signals-to-parent", "EPERM"),
    ("signals-to-parent-ex", "EPERM"),
    ("signals-by-ioctl", "EPERM"),
    ("signals-by-socket", "EPERM"),
    ("keyctl", "EPERM"),
    ("add-key", "EPERM"),
    ("bpf", "EPERM"),
    ("perf", "EPERM"),
    ("io-uring", "EPERM"),
    ("userfaultfd", "EPERM"),
    ("mount", "EPERM"),
    ("reboot", "EPERM"),
    ("x32", "ENOSYS"),
    ("socket-unix", "ok"),
    ("socket-devices", "ok"),
    ("pcscd-socket", "ok"),
    ("write-own", "ok"),
    ("read-own", "ok"),
    ("read-system", "ok"),
];

const NO_NETWORK: &[(&str, &str)] = &[
    ("tcp", "EPERM"),
    ("socket-tcp", "EPERM"),
    ("socket-udp", "EPERM"),
    ("socket-raw", "EPERM"),
    ("socket-tcp6", "EPERM"),
    ("socket-udp6", "EPERM"),
    ("socket-packet", "EPERM"),
    ("socket-vsock", "EPERM"),
    ("socket-route", "EPERM"),
    ("socket-sock-diag", "EPERM"),
];

const OWN_FILES_ONLY: &[(&str, &str)] = &[
    ("read-secret", "EACCES"),
    ("list-folder", "EACCES"),
    ("write-secret", "EACCES"),
    ("create-file", "EACCES"),
    ("rename-into", "EACCES"),
    ("protect-secret", "EPERM"),
    ("shorten-secret", "EPERM"),
    ("open-terminals", "EACCES"),
    ("memory-of-parent", "EACCES"),
    ("remove-own", "ok"),
];

/// Without Landlock.
const ALL_FILES: &[(&str, &str)] = &[("read-secret", "ok"), ("list-folder", "ok"), ("write-secret", "ok")];
