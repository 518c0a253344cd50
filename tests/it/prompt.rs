//! `kyso prompt`, as a person and the agent meet it: the real program in a window and on a terminal.

mod batch;
mod set_pin;
mod spoken;
mod states;
mod telex;
mod terminal;
mod wayland;
mod window;

pub(crate) use window::{CLASS, desktop};

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::Duration;

use kyso::domain::caller::Caller;
use kyso::domain::certificate::{CertId, Holder};
use kyso::domain::digest::{Digest, DigestAlgorithm};
use kyso::domain::form::Form;
use kyso::domain::job::Job;
use kyso::domain::kept::Keeping;
use kyso::domain::request::{Item, Items};
use kyso::domain::scheme::Scheme;
use kyso::domain::seal::{SealTarget, SealedPin, SealingKey};
use kyso::domain::token::PinState;
use kyso::text::Lang;
use kyso::text::prompt::PromptWords;
use kyso::ui::message::{self, Choice, FromPrompt, Pair, Sign, ToPrompt};
use time::OffsetDateTime;

const PROGRAM: &str = env!("CARGO_BIN_EXE_kyso");
const CERTIFICATE: CertId = CertId([1; 32]);

fn words() -> &'static PromptWords {
    PromptWords::of(Lang::En)
}

/// The agent's end of a prompt, with the token host's key.
struct Agent {
    key: SealingKey,
    sign: Sign,
}

impl Agent {
    fn new(names: &[&str]) -> Self {
        let key = SealingKey::generate();
        let item = |(at, name): (usize, &&str)| Item {
            name: (*name).to_owned(),
            digest: Digest::new(DigestAlgorithm::Sha256, vec![at as u8; 32]).unwrap(),
        };
        let choice = Choice {
            certificate: CERTIFICATE,
            name: "Nguyễn Thị Ánh Tuyết".to_owned(),
            title: None,
            organisation: Some("Sở Nội vụ tỉnh Lâm Đồng".to_owned()),
            issuer: "Root CA".to_owned(),
            not_before: OffsetDateTime::UNIX_EPOCH,
            not_after: OffsetDateTime::UNIX_EPOCH + Duration::from_secs(2_000_000_000),
            holder: Holder::Person,
            token: "kyso-demo".to_owned(),
            serial: "0123456789abcdef".to_owned(),
            key: vec![0x0a],
            scheme: Scheme::RsaPkcs1,
            pin: PinState::Ok,
            unfit: None,
            seal: Some(SealTarget { key: key.public(), nonce: [1; 32] }),
            keeping: Keeping::Never,
            standing: kyso::domain::validation::Standing::NotChecked,
        };
        let sign = Sign {
            lang: Lang::En,
            caller: Caller::Web("https://vanban.example.gov.vn".parse().unwrap()),
            items: Items::new(names.iter().enumerate().map(item).collect()).unwrap(),
            form: Form::Raw,
            choices: vec![choice],
            time: Duration::from_secs(60),
            waiting: 0,
            refusals: 0,
        };
        Self { key, sign }
    }

    fn question(&self) -> ToPrompt {
        ToPrompt::Sign(self.sign.clone())
    }

    fn wrong_pin(&self, pin: PinState) -> ToPrompt {
        let seal = SealTarget { key: self.key.public(), nonce: [2; 32] };
        ToPrompt::WrongPin { certificate: CERTIFICATE, pin, seal }
    }

    /// Opens the answer's PIN as the token host would: with its key, this nonce, this job.
    fn open(&self, answer: FromPrompt, nonce: u8) -> Vec<u8> {
        let FromPrompt::Sign { certificate: CERTIFICATE, pin: Some(pin) } = answer else {
            panic!("no PIN in {answer:?}");
        };
        self.opened(&pin, nonce)
    }

    fn opened(&self, pin: &SealedPin, nonce: u8) -> Vec<u8> {
        let binding = Job::binding(&self.sign.job(&self.sign.choices[0]).frame());
        self.key.open(pin, &[nonce; 32], &binding).unwrap().bytes().to_vec()
    }
}

fn pairing(origin: &str) -> ToPrompt {
    ToPrompt::Pair(Pair {
        lang: Lang::En,
        origin: origin.parse().unwrap(),
        milliseconds: 60_000,
        waiting: 0,
        refusals: 0,
    })
}

/// A running `kyso prompt`; ended when dropped.
struct Prompt {
    child: Child,
    to: Option<ChildStdin>,
    from: Receiver<String>,
}

impl Prompt {
    fn start(display: Option<&str>, question: &ToPrompt) -> Self {
        let environment: Vec<_> = display.map(|name| ("DISPLAY", name.to_owned())).into_iter().collect();
        Self::start_in(&environment, question)
    }

    /// In this environment, and nothing else in it.
    fn start_in<N: AsRef<std::ffi::OsStr>>(environment: &[(N, String)], question: &ToPrompt) -> Self {
        let mut command = Command::new(PROGRAM);
        command.arg("prompt").env_clear().envs(environment.iter().map(|(name, value)| (name, value)));
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let (said, from) = channel();
        let stdout = BufReader::new(child.stdout.take().unwrap());
        // Of its focus it tells besides the conversation.
        let is_focus = |line: &str| matches!(FromPrompt::parse(line), Ok(FromPrompt::Focus { .. }));
        std::thread::spawn(move || {
            let lines = stdout.lines().map_while(Result::ok).filter(|line| !is_focus(line));
            for line in lines {
                if said.send(line).is_err() {
                    return;
                }
            }
        });
        let to = child.stdin.take();
        let mut prompt = Self { child, to, from };
        prompt.tell(question);
        prompt
    }

    fn tell(&mut self, message: &ToPrompt) {
        let mut line = message::line(message);
        line.push('\n');
        self.to.as_mut().unwrap().write_all(line.as_bytes()).unwrap();
    }

    /// What it says next.
    fn says(&self) -> FromPrompt {
        self.says_within(Duration::from_secs(20)).expect("the prompt says nothing")
    }

    /// What it says in this time; nothing if it is silent or gone.
    fn says_within(&self, time: Duration) -> Option<FromPrompt> {
        match self.from.recv_timeout(time) {
            Ok(line) => Some(FromPrompt::parse(&line).unwrap()),
            Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => None,
        }
    }

    /// Closes the agent's end.
    fn hang_up(&mut self) {
        self.to = None;
    }

    fn process(&self) -> u32 {
        self.child.id()
    }

    fn exit_code(&mut self) -> Option<i32> {
        self.child.wait().unwrap().code()
    }
}

impl Drop for Prompt {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
