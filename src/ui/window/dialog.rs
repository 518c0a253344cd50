//! What stands in the window and what came of it: no pixels, no events.

use std::time::Duration;
use std::time::Instant;

use super::guard::Guard;
use super::pin::PinForm;
use crate::domain::error::ErrorCode;
use crate::text::Lang;
use crate::text::prompt::PromptWords;
use crate::ui::message::FromPrompt;
use crate::ui::message::Pair;
use crate::ui::message::PinSheet;
use crate::ui::message::ToPrompt;
use crate::ui::pin_talk::PinTalk;
use crate::ui::prompt::News;
use crate::ui::secret::PinField;
use crate::ui::talk::Means;
use crate::ui::talk::Phase;
use crate::ui::talk::Talk;

/// The conversation as the window holds it.
#[derive(Debug)]
pub(super) struct Dialog {
    pub(super) words: &'static PromptWords,
    pub(super) lang: Lang,
    pub(super) topic: Topic,
    pub(super) pin: PinField,
    /// The person knows that it is the last try (R40).
    pub(super) understood: bool,
    /// A no is to be for good (R22).
    pub(super) block: bool,
    /// Whether Caps Lock is on, where it is known.
    pub(super) caps_lock: Option<bool>,
    pub(super) guard: Guard,
    /// Something else is to be answered now: the view gives it the focus.
    pub(super) refocus: bool,
    deadline: Instant,
    closes: Option<Instant>,
    closed: bool,
    said: Vec<FromPrompt>,
}

/// What is asked.
#[derive(Debug)]
pub(super) enum Topic {
    /// May this be signed.
    Sign(Box<Talk>),
    /// May this site ask.
    Pair(Pair, Phase),
    /// Change or unblock a PIN.
    Pin(Box<PinForm>),
}

/// What the person does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Act {
    /// Signs, or lets a site ask.
    Agree,
    /// Says no, or closes what is over.
    Close,
    /// Chooses a certificate.
    Choose(usize),
}

impl Dialog {
    /// Nothing if the message is no question.
    pub(super) fn new(question: ToPrompt, pin: PinField, now: Instant) -> Option<Self> {
        let (topic, lang, time) = match question {
            ToPrompt::Sign(sign) => {
                let (lang, time) = (sign.lang, sign.time);
                (Topic::Sign(Box::new(Talk::new(sign))), lang, time)
            }
            ToPrompt::Pair(pair) => {
                let (lang, time) = (pair.lang, Duration::from_millis(pair.milliseconds));
                (Topic::Pair(pair, Phase::Asking), lang, time)
            }
            ToPrompt::Pin(_)
            | ToPrompt::PinWrong { .. }
            | ToPrompt::PinRefused { .. }
            | ToPrompt::WrongPin { .. }
            | ToPrompt::LastTry { .. }
            | ToPrompt::LoginEnded { .. }
            | ToPrompt::Warned { .. }
            | ToPrompt::Waiting { .. }
            | ToPrompt::Raise { .. }
            | ToPrompt::Standing { .. }
            | ToPrompt::Aside { .. }
            | ToPrompt::Progress { .. }
            | ToPrompt::Done
            | ToPrompt::Failed { .. } => {
                return None;
            }
        };
        Some(Self::over(topic, lang, time, pin, now))
    }

    /// On a PIN that is to be changed or unblocked; its form has fields of its own.
    pub(super) fn about_pin(sheet: PinSheet, fields: [PinField; 3], pin: PinField, now: Instant) -> Self {
        let (lang, time) = (sheet.lang, Duration::from_millis(sheet.milliseconds));
        let form = PinForm::new(PinTalk::new(sheet), fields);
        Self::over(Topic::Pin(Box::new(form)), lang, time, pin, now)
    }

    fn over(topic: Topic, lang: Lang, time: Duration, pin: PinField, now: Instant) -> Self {
        Self {
            words: PromptWords::of(lang),
            lang,
            topic,
            pin,
            understood: false,
            block: false,
            caps_lock: None,
            guard: Guard::default(),
            refocus: true,
            deadline: now + time.min(LONGEST),
            closes: None,
            closed: false,
            said: Vec::new(),
        }
    }

    pub(super) fn title(&self) -> &'static str {
        match &self.topic {
            Topic::Sign(talk) if talk.question.is_sign_in() => self.words.title_sign_in,
            Topic::Sign(_) => self.words.title_sign,
            Topic::Pair(..) => self.words.title_pair,
            Topic::Pin(form) => {
                let words = form.talk.words();
                form.talk.pick(words.title_change, words.title_unblock)
            }
        }
    }

    pub(super) fn phase(&self) -> Phase {
        match &self.topic {
            Topic::Sign(talk) => talk.phase,
            Topic::Pair(_, phase) => *phase,
            Topic::Pin(form) => form.talk.phase,
        }
    }

    /// The form for a PIN, if that is the topic.
    pub(super) fn form(&mut self) -> Option<&mut PinForm> {
        if let Topic::Pin(form) = &mut self.topic { Some(form) } else { None }
    }

    /// What is left of the person's time.
    pub(super) fn left(&self, now: Instant) -> Duration {
        self.deadline.saturating_duration_since(now)
    }

    /// How often the person said no to the one who asks.
    pub(super) fn refusals(&self) -> usize {
        match &self.topic {
            Topic::Sign(talk) => talk.question.refusals,
            Topic::Pair(pair, _) => pair.refusals,
            Topic::Pin(_) => 0,
        }
    }

    /// Whether the person is to choose a certificate first.
    pub(super) fn is_to_choose(&self) -> bool {
        matches!(&self.topic, Topic::Sign(talk) if talk.phase == Phase::Asking && talk.means() == Means::Choose)
    }

    /// Whether a PIN could be typed now.
    pub(super) fn takes_a_pin(&self) -> bool {
        match &self.topic {
            Topic::Sign(talk) => {
                talk.phase == Phase::Asking && matches!(talk.means(), Means::Pin | Means::LastPin)
            }
            Topic::Pair(..) => false,
            Topic::Pin(form) => form.talk.phase == Phase::Asking && !form.talk.sheet.reader,
        }
    }

    /// Whether agreeing would do something now.
    pub(super) fn can_agree(&self) -> bool {
        match &self.topic {
            _ if self.block => false,
            Topic::Pair(_, phase) => *phase == Phase::Asking,
            Topic::Pin(form) => form.can_agree(),
            Topic::Sign(talk) if talk.phase != Phase::Asking => false,
            Topic::Sign(talk) => match talk.means() {
                Means::Pin => !self.pin.is_empty(),
                Means::LastPin => !self.pin.is_empty() && self.understood,
                Means::LastReader => self.understood,
                Means::Reader | Means::Confirm => true,
                Means::Choose | Means::Never(_) => false,
            },
        }
    }

    pub(super) fn act(&mut self, act: Act) {
        match act {
            Act::Close => self.close(),
            Act::Choose(at) => {
                if let Topic::Sign(talk) = &mut self.topic
                    && talk.phase == Phase::Asking
                    && talk.choose(at)
                {
                    self.pin.clear();
                    self.understood = false;
                    self.refocus = true;
                }
            }
            Act::Agree if self.can_agree() => self.agree(),
            Act::Agree => {}
        }
        self.wipe();
    }

    fn close(&mut self) {
        match (self.phase(), &mut self.topic) {
            (Phase::Asking, _) if self.block => self.said.push(FromPrompt::Refuse),
            (Phase::Asking, _) => self.said.push(FromPrompt::Deny),
            // Only the agent knows whether it was in time: the window stays to say so.
            (Phase::Working { .. }, Topic::Sign(talk)) => {
                self.said.push(FromPrompt::Deny);
                talk.stop();
                self.refocus = true;
                return;
            }
            (Phase::Working { .. }, Topic::Pair(..) | Topic::Pin(_)) => self.said.push(FromPrompt::Deny),
            (Phase::Stopping | Phase::Done | Phase::Failed(_) | Phase::Late, _) => {}
        }
        self.closed = true;
    }

    fn agree(&mut self) {
        match &mut self.topic {
            Topic::Pin(form) => {
                let answer = form.agree();
                self.closed = answer.is_none() && form.talk.trouble.is_none();
                self.said.extend(answer.or_else(|| self.closed.then_some(FromPrompt::Deny)));
                self.refocus = true;
            }
            Topic::Pair(..) => {
                self.said.push(FromPrompt::Allow);
                self.closed = true;
            }
            Topic::Sign(talk) => {
                // Without a PIN pad the field is not empty: `can_agree` says so.
                let pin = self.pin.take();
                match talk.agree(pin.as_ref()) {
                    Some(answer) => self.said.push(answer),
                    None => {
                        self.said.push(FromPrompt::Deny);
                        self.closed = true;
                    }
                }
            }
        }
    }

    pub(super) fn hear(&mut self, news: News, now: Instant) {
        let (before, took_a_pin) = (self.phase(), self.takes_a_pin());
        let warns = matches!(
            &news,
            News::Says(ToPrompt::Standing { standing, barred: false, .. }) if standing.calls_for_warning()
        );
        if let News::Says(ToPrompt::Warned { milliseconds, .. }) = &news {
            let time = Duration::from_millis(*milliseconds).min(LONGEST);
            self.deadline = self.deadline.max(now + time);
        }
        match (news, &mut self.topic) {
            (News::Says(message), Topic::Sign(talk)) => self.closed |= !talk.hear(message),
            (News::Says(ToPrompt::Waiting { waiting }), Topic::Pair(pair, _)) => pair.waiting = waiting,
            (News::Says(_), Topic::Pair(..)) => self.closed = true,
            (News::Says(message), Topic::Pin(form)) => self.closed |= !form.talk.hear(message),
            // An end is shown without the agent.
            (News::Gone, _) => self.closed |= !matches!(before, Phase::Done | Phase::Failed(_)),
        }
        let after = self.phase();
        if before != after {
            self.closes = match (after, self.was_stopped()) {
                (Phase::Done, false) => Some(now + SUCCESS),
                (Phase::Failed(ErrorCode::UserDenied), true) => Some(now + STOPPED),
                _ => self.closes,
            };
        }
        let progress = matches!((before, after), (Phase::Working { .. }, Phase::Working { .. }));
        let barred = took_a_pin && after == Phase::Asking && !self.takes_a_pin();
        if barred {
            self.pin.clear();
        }
        if before != after && !progress || barred {
            self.understood = false;
            if let Some(form) = self.form() {
                form.understood = false;
            }
            self.refocus = true;
        }
        if before != after && !progress || barred || warns {
            // What is pressed now may still answer what stood here before.
            self.guard.restart(now);
        }
        self.wipe();
    }

    /// Whether the person took the consent back.
    pub(super) fn was_stopped(&self) -> bool {
        matches!(&self.topic, Topic::Sign(talk) if talk.stopped)
    }

    /// Lets time pass.
    pub(super) fn tick(&mut self, now: Instant) {
        if self.phase() == Phase::Asking && self.left(now).is_zero() {
            match &mut self.topic {
                Topic::Sign(talk) => talk.phase = Phase::Late,
                Topic::Pair(_, phase) => *phase = Phase::Late,
                Topic::Pin(form) => form.talk.phase = Phase::Late,
            }
            // The agent's own clock decides what this was; an early end here would be a refusal.
            self.closes = Some(now + LATE);
            self.refocus = true;
            self.guard.restart(now);
            self.wipe();
        }
        self.closed |= self.closes.is_some_and(|at| now >= at);
    }

    /// When something changes by itself next.
    pub(super) fn next_tick(&self, now: Instant) -> Instant {
        let second = Duration::from_nanos(u64::from(self.left(now).subsec_nanos()) + 1_000_000);
        [self.closes, self.guard.until()]
            .into_iter()
            .flatten()
            .filter(|at| *at > now)
            .fold(now + if self.phase() == Phase::Asking { second } else { LONGEST }, Instant::min)
    }

    /// What is to be said to the agent, in order.
    pub(super) fn say(&mut self) -> Vec<FromPrompt> {
        std::mem::take(&mut self.said)
    }

    pub(super) fn is_closed(&self) -> bool {
        self.closed
    }

    /// A PIN stays no longer than it can be used.
    fn wipe(&mut self) {
        if self.closed || self.phase() != Phase::Asking {
            self.pin.clear();
            if let Some(form) = self.form() {
                form.clear();
            }
        }
    }
}

/// The failure that the person is to read, or the end of time.
pub(super) fn ending(words: &PromptWords, phase: Phase) -> Option<String> {
    match phase {
        Phase::Failed(code) => Some(words.failure(code)),
        Phase::Late => Some(words.late.to_owned()),
        Phase::Asking | Phase::Working { .. } | Phase::Stopping | Phase::Done => None,
    }
}

const SUCCESS: Duration = Duration::from_millis(1_200);
const STOPPED: Duration = Duration::from_millis(2_500);
const LATE: Duration = Duration::from_secs(5);
const LONGEST: Duration = Duration::from_secs(24 * 60 * 60);
