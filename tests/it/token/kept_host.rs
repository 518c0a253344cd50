//! The token host alone, with an agent that asks for more than it may (R38).

use std::io::Write as _;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::Duration;

use kyso::domain::certificate::CertId;
use kyso::domain::job::Job;
use kyso::domain::kept::KeepLimits;
use kyso::domain::scheme::Scheme;
use kyso::domain::seal::{Pin, SealTarget};
use kyso::domain::token::TokenSerial;
use kyso::token::hub::ModuleConfig;
use kyso::token::wire::{self, Kind, Pass, Reply, Request, Setup};
use sha2::Digest as _;
use zeroize::Zeroizing;

use super::{HOST, digests};
use crate::support::hostile::Hostile;
use crate::support::softhsm::SoftHsm;

/// A host that this test is the agent of.
struct Host {
    child: Child,
    requests: Option<ChildStdin>,
    replies: ChildStdout,
    key: [u8; 32],
    job: Job,
}

impl Host {
    fn start(module: &ModuleConfig) -> Self {
        let mut command = Command::new(HOST);
        command.arg(&module.path).envs(module.environment.iter().cloned());
        let mut child =
            command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let mut requests = child.stdin.take().unwrap();
        let mut replies = child.stdout.take().unwrap();
        requests.write_all(&wire::frame(&Setup::from(&module.settings)).unwrap()).unwrap();
        let Reply::Ready { key, .. } = wire::read(&mut replies).unwrap() else { panic!("not ready") };
        let job = Job {
            certificate: CertId([0; 32]),
            token: TokenSerial(String::new()),
            key: Vec::new(),
            scheme: Scheme::RsaPkcs1,
            digests: digests(1),
        };
        let mut host = Self { child, requests: Some(requests), replies, key, job };
        let Reply::Tokens { tokens, .. } = host.ask(&Request::List) else { panic!("no tokens") };
        let object = &tokens[0].certificates[0];
        host.job.certificate = CertId(sha2::Sha256::digest(&object.der).into());
        host.job.token.0.clone_from(&tokens[0].serial);
        host.job.key.clone_from(&object.id);
        host
    }

    fn ask(&mut self, request: &Request) -> Reply {
        self.requests.as_mut().unwrap().write_all(&wire::frame(request).unwrap()).unwrap();
        wire::read(&mut self.replies).unwrap()
    }

    /// The last reply to a signing, and whether the host said that it keeps the login.
    fn sign(&mut self, job: &Job, pass: Pass) -> (Reply, bool) {
        let mut reply = self.ask(&Request::Sign { frame: job.frame(), pass, last_try: false });
        let mut kept = false;
        while matches!(reply, Reply::Found | Reply::Progress(_) | Reply::Kept) {
            kept |= reply == Reply::Kept;
            reply = wire::read(&mut self.replies).unwrap();
        }
        (reply, kept)
    }

    /// A PIN for these limits, sealed for those.
    fn pass_to_keep(&mut self, (idle, most): (u64, u64), sealed_for: Option<(u64, u64)>) -> Pass {
        let Reply::Nonce { nonce, .. } = self.ask(&Request::Nonce { serial: self.job.token.0.clone() })
        else {
            panic!("no nonce")
        };
        let frame = self.job.frame();
        let binding = match sealed_for {
            Some((idle, most)) => Job::binding_to_keep(&frame, KeepLimits::new(idle, most).unwrap()),
            None => Job::binding(&frame),
        };
        let pin = Pin::new(Zeroizing::new(SoftHsm::PIN.as_bytes().to_vec())).unwrap();
        let sealed = pin.seal(&SealTarget { key: self.key, nonce }, &binding).unwrap();
        Pass::ToKeep { nonce, pin: sealed.0.clone(), idle, most }
    }

    fn keep(&mut self, limits: (u64, u64)) {
        let (job, pass) = (self.job.clone(), self.pass_to_keep(limits, Some(limits)));
        let (reply, kept) = self.sign(&job, pass);
        assert!(matches!(reply, Reply::Signatures(_)) && kept, "{reply:?}");
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn refused(reply: &Reply) -> Option<Kind> {
    if let Reply::Failed(failure) = reply { Some(failure.kind) } else { None }
}

fn until_logged_out(hostile: &Hostile) {
    for _ in 0..1_000 {
        if hostile.count("C_Logout") == 1 {
            return;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    panic!("not logged out: {:?}", hostile.log());
}

#[test]
fn r38_the_host_signs_only_where_it_holds_a_login_of_that_very_token() {
    let hostile = Hostile::new();
    let mut host = Host::start(&hostile.always(""));
    let job = host.job.clone();
    assert_eq!(refused(&host.sign(&job, Pass::Kept).0), Some(Kind::LoginEnded), "none yet");
    host.keep((60, 600));
    let (reply, kept) = host.sign(&job, Pass::Kept);
    assert!(matches!(reply, Reply::Signatures(_)) && kept);
    let other = Job { token: TokenSerial("0002".to_owned()), ..job.clone() };
    assert_eq!(refused(&host.sign(&other, Pass::Kept).0), Some(Kind::LoginEnded), "another serial number");
    assert_eq!(hostile.count("C_Logout"), 1, "whatever fails ends it");
    assert_eq!(refused(&host.sign(&job, Pass::Kept).0), Some(Kind::LoginEnded));

    host.keep((60, 600));
    let other = Job { certificate: CertId([7; 32]), ..job };
    assert_eq!(refused(&host.sign(&other, Pass::Kept).0), Some(Kind::Changed), "R50: another certificate");
    assert_eq!((hostile.count("C_Logout"), hostile.count("C_Sign")), (2, 3));
}

/// An agent alone can't make a login last that the person didn't want kept, nor so long.
#[test]
fn r38_the_wish_to_keep_is_the_persons() {
    let hostile = Hostile::new();
    let mut host = Host::start(&hostile.always(""));
    let job = host.job.clone();
    for (limits, sealed_for) in [((60, 600), None), ((300, 7_200), Some((60, 600))), ((301, 7_200), None)] {
        let pass = host.pass_to_keep(limits, sealed_for);
        assert_eq!(refused(&host.sign(&job, pass).0), Some(Kind::Failed), "{limits:?}");
    }
    assert_eq!(hostile.count("C_Login 1"), 0);
}

#[test]
fn r38_the_host_has_its_own_clock() {
    for limits in [(1, 600), (300, 1)] {
        let hostile = Hostile::new();
        let mut host = Host::start(&hostile.always(""));
        host.keep(limits);
        until_logged_out(&hostile);
        let job = host.job.clone();
        assert_eq!(refused(&host.sign(&job, Pass::Kept).0), Some(Kind::LoginEnded));
    }
}

#[test]
fn r38_the_pipes_end_and_the_word_end_it() {
    let hostile = Hostile::new();
    let mut host = Host::start(&hostile.always(""));
    host.keep((60, 600));
    assert_eq!(host.ask(&Request::Logout), Reply::LoggedOut);
    assert_eq!(hostile.count("C_Logout"), 1);

    let hostile = Hostile::new();
    let mut host = Host::start(&hostile.always(""));
    host.keep((60, 600));
    host.requests = None;
    until_logged_out(&hostile);
}
