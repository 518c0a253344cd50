//! The control socket: the person's own commands, in JSON Lines over a local stream.
//!
//! One connection is one call. The client says a [`Call`]; the agent answers with one
//! [`Said::Done`] or [`Said::Failed`]. While a signature is asked for in the caller's own terminal,
//! lines of the prompt's conversation go both ways ([`Line`], [`Said::Line`]); a PIN in them is
//! sealed to the token host, so neither end of this socket can read it.

mod shapes;

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tokio::io::{
    AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufReader, Lines, Take,
};
use tokio::sync::mpsc;

use self::shapes::{certificates, origins, parse_origin, prompt_lang, sign_request, tokens};
use super::json;
use super::sentry::Sentry;
use super::tls::Door;
use crate::domain::error::{ErrorCode, SignError};
use crate::domain::pin_task::{PinAct, TokenName};
use crate::domain::ports::{Presence, Prompter};
use crate::domain::token::TokenSerial;
use crate::log;
use crate::log::Level;
use crate::sign::{Context, Ending, PinContext, SigningService};
use crate::status::Agent;
use crate::text::Lang;

/// What a command asks for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "call", rename_all = "snake_case", deny_unknown_fields)]
pub enum Call {
    /// As `GET /v1/tokens`, and the modules that can't be used.
    Tokens,
    /// The same with a `state`, once that is another than this one; at once if this is none's.
    Watch {
        /// The state that the caller knows.
        since: u64,
    },
    /// As `GET /v1/certificates`.
    Certificates,
    /// The same, each with its `standing` ([`Standing`](crate::domain::validation::Standing)) and whether it is `barred`.
    Standings,
    /// The sites that may ask.
    Origins,
    /// Grants a site in advance.
    Allow {
        /// The site.
        origin: String,
    },
    /// Ends a site's pairings and its advance grant.
    Revoke {
        /// The site.
        origin: String,
    },
    /// Ends every kept login.
    Logout,
    /// The status document ([`crate::status`]).
    Status {
        /// Answered once the status is another than that of this moment.
        since: Option<String>,
    },
    /// Looks again at what `kyso tls` keeps, and opens, renews or closes the https listener.
    Tls,
    /// Says how much the agent logs, after this change of it, and what it logged last.
    Log {
        /// `warn`, `info` or `debug`; none leaves it as it is.
        level: Option<String>,
    },
    /// The agent takes no more requests and ends once those under way are done; its port.
    Retire,
    /// Pauses or resumes signing.
    Pause {
        /// Which.
        on: bool,
    },
    /// Brings the prompt's window to the front; decides nothing.
    Raise {
        /// The desktop's leave to do so: an XDG activation token.
        leave: Option<String>,
    },
    /// Windows speak this language from now on.
    Speak {
        /// `vi` or `en`.
        lang: String,
    },
    /// Changes or unblocks the PIN of one token, with the secrets typed in the prompt.
    Pin {
        /// `change` or `unblock`.
        act: String,
        /// The token's serial number, label and model, as [`Call::Tokens`] tells them.
        serial: String,
        /// Its label.
        label: String,
        /// Its model.
        model: String,
        /// As for [`Call::Sign`].
        terminal: Option<String>,
    },
    /// Signs one digest.
    Sign {
        /// The document's name, for the prompt and the log.
        name: String,
        /// Name of the hash function, as on the API.
        algorithm: String,
        /// The digest in hex.
        digest: String,
        /// `sha256:…`.
        certificate: String,
        /// Name of the scheme, as on the API; none is the key's natural one.
        scheme: Option<String>,
        /// A complete CMS signature in place of a raw one.
        #[serde(default)]
        cms: bool,
        /// Ask over this connection, in the caller's terminal, in this language (`vi` or `en`); none asks
        /// as the agent does.
        terminal: Option<String>,
    },
}

/// One line of the prompt's conversation, from the caller's terminal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    /// The line, without its end.
    pub line: String,
}

/// What the agent says.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Said {
    /// One line of the prompt's conversation, for the caller's terminal.
    Line(String),
    /// The call's result; for `Sign` the body of `POST /v1/signatures`.
    Done(Value),
    /// The call's error.
    Failed {
        /// The code.
        code: String,
        /// What lay behind it. The person may see it: it is their own machine.
        cause: Option<String>,
    },
}

/// Makes a prompter that asks over a pair of channels, in a language.
pub type OverLines =
    Arc<dyn Fn(mpsc::Sender<String>, mpsc::Receiver<String>, Lang) -> Arc<dyn Prompter> + Send + Sync>;

/// Answers calls.
#[derive(Clone)]
#[allow(missing_debug_implementations, reason = "holds a closure")]
pub struct Control {
    service: Arc<SigningService>,
    over_lines: OverLines,
    speak: Arc<dyn Fn(Lang) + Send + Sync>,
    door: Option<Arc<Door>>,
    /// The files of the machine's policy.
    policy: Arc<[PathBuf]>,
    sentry: Option<Arc<Sentry>>,
}

impl Control {
    /// For a service; `over_lines` makes the prompter for callers with a terminal of their own.
    pub fn new(service: Arc<SigningService>, over_lines: OverLines) -> Self {
        Self {
            service,
            over_lines,
            speak: Arc::new(|_| {}),
            door: None,
            policy: Arc::default(),
            sentry: None,
        }
    }

    /// With what makes the windows speak another language.
    pub fn speaking(self, speak: Arc<dyn Fn(Lang) + Send + Sync>) -> Self {
        Self { speak, ..self }
    }

    /// With the https listener.
    pub fn securing(self, door: Arc<Door>) -> Self {
        Self { door: Some(door), ..self }
    }

    /// Under these files of the machine's policy.
    pub fn governed(self, policy: Vec<PathBuf>) -> Self {
        Self { policy: policy.into(), ..self }
    }

    /// With what looks at the port.
    pub fn watched(self, sentry: Arc<Sentry>) -> Self {
        Self { sentry: Some(sentry), ..self }
    }

    /// Serves one connection to its end. A caller that leaves cancels its call.
    pub async fn serve<S: AsyncRead + AsyncWrite + Send>(&self, stream: S) {
        let (reader, mut writer) = tokio::io::split(stream);
        let mut lines = BufReader::new(reader.take(MOST)).lines();
        let Ok(Some(first)) = lines.next_line().await else { return };
        let said = match serde_json::from_str(&first) {
            Ok(call) => self.answer(call, lines, &mut writer).await,
            Err(error) => Some(failed(ErrorCode::BadRequest, Some(error.to_string()))),
        };
        if let Some(said) = said {
            write_line(&mut writer, &said).await;
        }
    }

    /// Nothing if the caller left.
    async fn answer<R: AsyncRead + Unpin + Send, W: AsyncWrite + Unpin + Send>(
        &self,
        call: Call,
        mut lines: Lines<BufReader<Take<R>>>,
        writer: &mut W,
    ) -> Option<Said> {
        let (ask, mut asked) = mpsc::channel(LINES);
        let (answer, answered) = mpsc::channel(LINES);
        let presence = Arc::new(Connected(AtomicBool::new(true)));
        let connected = Arc::clone(&presence);
        let result = self.call(call, presence, ask, answered);
        tokio::pin!(result);
        loop {
            tokio::select! {
                biased;
                Some(line) = asked.recv() => write_line(writer, &Said::Line(line)).await,
                result = &mut result => return Some(result.unwrap_or_else(|error| {
                    failed(error.code(), error.cause().map(str::to_owned))
                })),
                line = lines.next_line() => match line.ok().flatten().map(|line| serde_json::from_str(&line)) {
                    // Where nobody asked over this connection, nobody listens to its answers.
                    Some(Ok(Line { line })) => drop(answer.send(line).await),
                    Some(Err(_)) | None => {
                        connected.0.store(false, Ordering::Relaxed);
                        return None;
                    }
                },
            }
        }
    }

    fn agent(&self) -> Option<Agent> {
        let agent = self.sentry.as_ref()?.status();
        Some(Agent { last_ones: self.service.last_ones(), ..agent })
    }

    async fn call(
        &self,
        call: Call,
        presence: Arc<dyn Presence>,
        ask: mpsc::Sender<String>,
        answered: mpsc::Receiver<String>,
    ) -> Result<Said, SignError> {
        let value = match call {
            Call::Tokens => tokens(&self.service.snapshot().await),
            Call::Watch { since } => {
                let (state, snapshot) = self.service.tokens_changed(since).await?;
                let mut value = tokens(&snapshot);
                value["state"] = state.into();
                value["certificates"] = certificates(&snapshot);
                value
            }
            Call::Certificates => {
                json!({ "certificates": certificates(&self.service.snapshot().await) })
            }
            Call::Standings => {
                let all =
                    self.service.standings().await.into_iter().map(|(certificate, standing, barred)| {
                        let mut value = json::certificate(&certificate);
                        (value["standing"], value["barred"]) = (standing.to_string().into(), barred.into());
                        value
                    });
                json!({ "certificates": all.collect::<Vec<_>>() })
            }
            Call::Origins => origins(&self.service),
            Call::Allow { origin } => {
                let origin = parse_origin(&origin)?;
                // A plain http origin of another machine is anybody's on the way, and what the machine's policy
                // refuses the person can't allow.
                if !self.service.rules().may_be_allowed(&origin) {
                    return Err(SignError::OriginDenied);
                }
                self.service.grants().allow(&origin).await?;
                json!({})
            }
            Call::Revoke { origin } => {
                let revoked = self.service.grants().revoke(&parse_origin(&origin)?).await?;
                // Whoever takes a site's leave away wants nothing more signed as it was before.
                self.service.log_out().await;
                json!({ "revoked": revoked })
            }
            Call::Status { since } => {
                let mut status = super::status::status(&self.service, since.as_deref()).await?;
                status.policy = self.policy.iter().map(|file| file.display().to_string()).collect();
                status.tls = self.door.as_ref().and_then(|door| door.status());
                status.agent = self.agent();
                json!(status)
            }
            Call::Tls => {
                let opened = self.door.as_ref().map_or(Ok(None), |door| door.reload());
                self.service.touch();
                match opened {
                    Ok(port) => json!({ "port": port }),
                    Err(problem) => json!({ "port": null, "problem": problem }),
                }
            }
            Call::Log { level } => {
                if let Some(level) = level {
                    log::set_level(Level::parse(&level).ok_or(SignError::Invalid)?);
                    self.service.touch();
                }
                json!({ "level": log::level().name(), "lines": log::last() })
            }
            Call::Retire => {
                self.service.close();
                json!(self.agent())
            }
            Call::Pause { on } => {
                self.service.pause(on).await?;
                json!({ "paused": on })
            }
            Call::Raise { leave } => json!({ "raised": self.service.raise(leave) }),
            Call::Speak { lang } => {
                (self.speak)(prompt_lang(&lang));
                json!({})
            }
            Call::Logout => json!({ "ended": self.service.log_out().await }),
            Call::Pin { act, serial, label, model, terminal } => {
                let act = PinAct::ALL.into_iter().find(|known| known.name() == act);
                let token = TokenName { serial: TokenSerial(serial), label, model };
                let prompter = terminal.map(|lang| (self.over_lines)(ask, answered, prompt_lang(&lang)));
                let context = PinContext { presence, prompter };
                let receipt = self.service.set_pin(act.ok_or(SignError::Invalid)?, token, context).await?;
                json!({ "receipt": json::receipt(&receipt) })
            }
            Call::Sign { terminal, name, algorithm, digest, certificate, scheme, cms } => {
                let scheme = scheme.as_deref();
                let request = sign_request(name, &algorithm, &digest, &certificate, scheme, cms)?;
                let prompter = terminal.map(|lang| (self.over_lines)(ask, answered, prompt_lang(&lang)));
                let context = Context { presence, prompter, render: json::signed, watcher: None };
                let bytes = match self.service.sign(request, context).await? {
                    Ending::Signed(signed) => json::signed(&signed),
                    Ending::Replayed(bytes) => bytes,
                };
                serde_json::from_slice(&bytes).map_err(|error| SignError::Internal(error.to_string()))?
            }
        };
        Ok(Said::Done(value))
    }
}

/// The caller is there as long as its end of the connection is open.
struct Connected(AtomicBool);

impl Presence for Connected {
    fn holds(&self) -> Result<(), SignError> {
        if self.0.load(Ordering::Relaxed) { Ok(()) } else { Err(SignError::Cancelled) }
    }
}

fn failed(code: ErrorCode, cause: Option<String>) -> Said {
    Said::Failed { code: code.as_str().to_owned(), cause }
}

async fn write_line<W: AsyncWrite + Unpin>(writer: &mut W, said: &Said) {
    let Ok(mut line) = serde_json::to_vec(said) else { return };
    line.push(b'\n');
    // A caller that no longer reads has left; reading tells.
    let _ = writer.write_all(&line).await;
    let _ = writer.flush().await;
}

/// Lines under way each way.
const LINES: usize = 16;
/// What one connection may send in all, in bytes: a call and a few answers fit many times.
const MOST: u64 = 1024 * 1024;
