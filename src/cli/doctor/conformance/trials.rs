//! The trial signings: ordinary requests of the command line, one for each certificate and scheme, over the
//! digests of a sentence that says what they are.

use std::path::Path;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use clap::ArgMatches;
use serde_json::json;
use sha2::Digest as _;
use sha2::Sha256;
use sha2::Sha384;
use sha2::Sha512;

use super::ask::Asking;
use super::look::Able;
use super::mask::Mask;
use super::report;
use super::report::Report;
use super::report::Row;
use super::steps::Steps;
use crate::cli::complain;
use crate::cli::exit::Exit;
use crate::domain::caller::Caller;
use crate::domain::digest::Digest;
use crate::domain::digest::DigestAlgorithm;
use crate::domain::error::SignError;
use crate::domain::error::TokenError;
use crate::domain::form::Form;
use crate::domain::ports::Presence;
use crate::domain::request::Item;
use crate::domain::request::Items;
use crate::domain::request::RequestId;
use crate::domain::request::SignRequest;
use crate::domain::request::Wanted;
use crate::domain::scheme::Encoding;
use crate::domain::scheme::Scheme;
use crate::sign::Context;
use crate::sign::Ending;
use crate::sign::SigningService;
use crate::text::Lang;
use crate::text::cause;
use crate::text::conformance::ConformanceWords;
use crate::text::conformance::SENTENCE;
use crate::text::fill;
use crate::token::trace::Step;
use crate::token::trace::Trace;

/// What trials are made with.
pub(super) struct Trials<'a> {
    pub(super) service: &'a Arc<SigningService>,
    pub(super) trace: &'a Trace,
    pub(super) words: &'static ConformanceWords,
    pub(super) lang: Lang,
    /// `kyso`, if the person is asked in this terminal; else as the configuration has it.
    pub(super) terminal: Option<(PathBuf, Lang)>,
    pub(super) matches: &'a ArgMatches,
}

impl Trials<'_> {
    /// Tries everything and adds a row for each, until the person says no.
    ///
    /// # Errors
    /// How the command is to end, if not by what the table says.
    pub(super) async fn run(&self, able: Vec<Able>, report: &mut Report) -> Result<(), Exit> {
        let wanted = self.matches.get_one::<String>("certificate");
        let is_wanted =
            |one: &&Able| wanted.is_none_or(|wanted| wanted.parse().is_ok_and(|id| one.certificate.id == id));
        let mut all = Vec::new();
        for one in able.iter().filter(is_wanted) {
            all.extend(Scheme::of(&one.certificate.key).iter().map(|scheme| (one, *scheme)));
        }
        if all.is_empty() {
            complain(self.words.none_to_try);
            return Ok(());
        }
        if let Some(folder) = self.matches.get_one::<PathBuf>("out") {
            self.write(folder, "sentence.txt", SENTENCE.as_bytes())?;
        }
        let count = all.len().to_string();
        complain(fill(self.words.before, &[("n", &count)]));
        let mut stopped = false;
        for (at, (able, scheme)) in all.into_iter().enumerate() {
            let names = [("n", able.number.as_str()), ("scheme", scheme.name())];
            let row = Row::new("trial", fill(self.words.step_trial, &names))
                .with("number", json!(able.number))
                .with("scheme", json!(scheme.name()));
            if stopped {
                report.add(row.not_tried(self.words.refused_before));
                continue;
            }
            let (at, key) = ((at + 1).to_string(), able.certificate.key.label());
            let values = [("at", &*at), ("n", &*count), ("key", &*key), ("scheme", scheme.name())];
            complain(fill(self.words.now, &values));
            let made = self.attempt(able, scheme).await;
            let steps = Steps(self.trace.take());
            let row = self.judge(row, &steps, &made, &report.mask);
            report.add(row);
            match made {
                Ok(values) => self.keep(able, scheme, &values)?,
                Err(error) => stopped = is_final(&error),
            }
        }
        Ok(())
    }

    async fn attempt(&self, able: &Able, scheme: Scheme) -> Result<Vec<Vec<u8>>, SignError> {
        // What was told since, of looks, is not this trial's.
        self.trace.take();
        let item = |algorithm: DigestAlgorithm| {
            let name = fill(self.words.document, &[("hash", algorithm.name())]).into_owned();
            Some(Item { name, digest: Digest::new(algorithm, hash(algorithm)).ok()? })
        };
        let items = DigestAlgorithm::ALL.into_iter().map(item).collect::<Option<Vec<_>>>();
        let request = SignRequest {
            id: RequestId::random(),
            caller: Caller::CommandLine,
            wanted: Wanted::Certificate(able.certificate.id),
            scheme: Some(scheme),
            encoding: Encoding::Der,
            items: items.and_then(Items::new).ok_or(SignError::Invalid)?,
            form: Form::Raw,
            timeout: SignRequest::DEFAULT_TIMEOUT,
            idempotency: None,
        };
        let asking = self.terminal.clone().map(|(program, lang)| Asking::new(program, lang));
        let prompter = asking.as_ref().map(|asking| Arc::clone(&asking.prompter));
        let context = Context { presence: Arc::new(Here), prompter, render: |_| Vec::new(), watcher: None };
        let ended = self.service.sign(request, context).await;
        if let Some(asking) = asking {
            asking.end().await;
        }
        match ended? {
            Ending::Signed(signed) => Ok(signed.values),
            Ending::Replayed(_) => Err(SignError::Internal("replayed".to_owned())),
        }
    }

    fn judge(&self, row: Row, steps: &Steps, made: &Result<Vec<Vec<u8>>, SignError>, mask: &Mask) -> Row {
        let words = self.words;
        let signed: Vec<Duration> = steps.all(Step::Sign).map(|done| done.took).collect();
        let times = json!({
            "find": steps.last(Step::Find).map(|done| report::in_ms(done.took)),
            "login": steps.last(Step::Login).map(|done| report::in_ms(done.took)),
            "key": steps.last(Step::Key).map(|done| report::in_ms(done.took)),
            "sign": signed.iter().map(|took| report::in_ms(*took)).collect::<Vec<_>>(),
            "logout": steps.last(Step::Logout).map(|done| report::in_ms(done.took)),
        });
        // A wrong PIN's time is not the token's.
        let others = PARTS.iter().filter(|step| **step != Step::Sign).filter_map(|step| steps.last(*step));
        let took = others.map(|done| done.took).chain(signed.iter().copied()).sum();
        let row = row.with("times", times).taking(took);
        let error = match made {
            Ok(values) => {
                let row = row.saying(self.times(steps, &signed)).with("verified", json!(values.len()));
                // A token that stays logged in signs for whoever asks next.
                return match steps.refusal(&PARTS) {
                    Some(answer) => row.failed(answer),
                    None => row,
                };
            }
            Err(error) => error,
        };
        let code = error.code().as_str();
        let row = row.with("code", json!(code));
        let place = steps.unfinished(&PARTS).map(|step| words.in_step(step.name()));
        let said = format!("{code} {}", place.unwrap_or_default()).trim_end().to_owned();
        let answer = steps.refusal(&PARTS).map(str::to_owned);
        let row = match &answer {
            Some(answer) => row.failed(answer).saying(said),
            None => row.failed(said),
        };
        let hash = error.item().and_then(|item| DigestAlgorithm::ALL.get(item));
        let hash = hash.map(|hash| fill(words.failed_at, &[("hash", hash.name())]).into_owned());
        let done = steps.all(Step::Sign).filter(|done| done.answer.is_none()).count();
        let before = (done > 0).then(|| fill(words.made, &[("n", &done.to_string())]).into_owned());
        // A cause that is the answer says nothing more.
        let cause = mask.cause(error.cause().filter(|cause| answer.as_deref() != Some(cause)));
        row.adding(&hash.unwrap_or_default()).adding(&before.unwrap_or_default()).adding(&cause)
    }

    fn times(&self, steps: &Steps, signed: &[Duration]) -> String {
        let took = |step| steps.last(step).map_or_else(|| "–".to_owned(), |done| report::ms(done.took));
        let each = signed.iter().sum::<Duration>() / u32::try_from(signed.len().max(1)).unwrap_or(1);
        let (count, each) = (signed.len().to_string(), report::ms(each));
        let hashes = DigestAlgorithm::ALL.map(DigestAlgorithm::name).join(", ");
        let values = [
            ("n", count.as_str()),
            ("hashes", &hashes),
            ("find", &took(Step::Find)),
            ("login", &took(Step::Login)),
            ("key", &took(Step::Key)),
            ("sign", &fill(self.words.each, &[("n", &count), ("ms", &each)])),
            ("logout", &took(Step::Logout)),
        ];
        fill(self.words.verified, &values).into_owned()
    }

    /// Keeps the signatures, where they are wanted: with the certificate, for another tool to verify.
    fn keep(&self, able: &Able, scheme: Scheme, values: &[Vec<u8>]) -> Result<(), Exit> {
        let Some(folder) = self.matches.get_one::<PathBuf>("out") else { return Ok(()) };
        self.write(folder, &format!("{}.der", able.number), &able.certificate.der)?;
        for (algorithm, value) in DigestAlgorithm::ALL.into_iter().zip(values) {
            let name = format!("{}-{}-{}.sig", able.number, scheme.name(), algorithm.name());
            self.write(folder, &name, value)?;
        }
        Ok(())
    }

    fn write(&self, folder: &Path, name: &str, bytes: &[u8]) -> Result<(), Exit> {
        let path = folder.join(name);
        let written = std::fs::create_dir_all(folder).and_then(|()| std::fs::write(&path, bytes));
        written.map_err(|error| {
            let values = [("path", &*path.display().to_string()), ("why", &cause::system(self.lang, &error))];
            complain(fill(self.words.no_out, &values));
            Exit::CantCreate
        })
    }
}

fn hash(algorithm: DigestAlgorithm) -> Vec<u8> {
    match algorithm {
        DigestAlgorithm::Sha256 => Sha256::digest(SENTENCE).to_vec(),
        DigestAlgorithm::Sha384 => Sha384::digest(SENTENCE).to_vec(),
        DigestAlgorithm::Sha512 => Sha512::digest(SENTENCE).to_vec(),
    }
}

/// Ends that are the person's or the machine's: nobody is asked once more after them.
fn is_final(error: &SignError) -> bool {
    match error {
        SignError::Denied
        | SignError::TimedOut
        | SignError::Cancelled
        | SignError::Busy
        | SignError::OriginDenied
        | SignError::Paused
        | SignError::Prompt(_)
        | SignError::Audit(_)
        | SignError::ShuttingDown
        | SignError::Token(TokenError::Cancelled) => true,
        SignError::Invalid
        | SignError::KeyReused
        | SignError::EndedBefore(_)
        | SignError::CertificateUnknown
        | SignError::TokenAbsent
        | SignError::CertificateUnfit
        | SignError::Policy(_)
        | SignError::Standing(_)
        | SignError::SchemeUnsupported
        | SignError::SignatureInvalid { .. }
        | SignError::Token(_)
        | SignError::Internal(_) => false,
    }
}

/// The command is here as long as it runs.
struct Here;

impl Presence for Here {
    fn holds(&self) -> Result<(), SignError> {
        Ok(())
    }
}

/// The steps of a signing.
const PARTS: [Step; 5] = [Step::Find, Step::Login, Step::Key, Step::Sign, Step::Logout];
