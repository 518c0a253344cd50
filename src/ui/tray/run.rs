//! The icon's owner: one thread, one loop. Whatever happens comes in as an [`Event`].
//!
//! The icon needs a session bus and nothing else: with no panel it waits for one, and registers again when a
//! panel comes back. With no bus it is tried again until there is one.

use std::collections::{BTreeSet, HashMap};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender};
use std::time::{Duration, Instant};

use time::OffsetDateTime;
use tray_icon::menu::{CheckMenuItem, IsMenuItem, Menu, MenuEvent, MenuItem, PredefinedMenuItem, Submenu};
use tray_icon::{Icon, MouseButton, TrayIcon, TrayIconBuilder, TrayIconEvent};

use super::icon::Drawing;
use super::menu::{Entry, menu};
use super::{Act, Desk, notices, sentence};
use crate::domain::error::ErrorCode;
use crate::status::Status;
use crate::sys::notices::{Heard, Notice, Notices};
use crate::text::tray::TrayWords;
use crate::text::{Lang, error, fill};

/// What happens.
#[derive(Debug)]
pub enum Event {
    /// The agent's status is another.
    Status(Box<Status>),
    /// No agent answers.
    Away,
    /// The person has chosen something.
    Chosen(Act),
    /// A notification was shown, or clicked.
    Notice(Heard),
    /// What was chosen could not be done, and why.
    Failed(String),
    /// The agent did not do what was chosen.
    Refused(ErrorCode),
}

/// What the tray can't do itself.
pub trait Hands {
    /// Brings the prompt's window to the front, with the desktop's leave where there is one.
    fn raise(&self, leave: Option<String>);
    /// Does what was chosen; an [`Event`] tells what comes of it.
    fn act(&self, act: &Act);
    /// Whether the tray starts with the desktop.
    fn starts(&self) -> bool;
    /// Whether the person has never been through the first steps.
    fn is_new(&self) -> bool;
    /// There is no bus to be seen on, and this is why; told once, though it is tried again.
    fn unseen(&self, why: &str);
    /// Keeps what was said for the next run.
    fn remember(&self, said: &BTreeSet<String>);
}

/// Shows the icon until the person quits it. `said` is what former runs have said.
pub fn run(
    hands: &impl Hands,
    lang: Lang,
    said: BTreeSet<String>,
    tell: &Sender<Event>,
    events: &Receiver<Event>,
) {
    let told = tell.clone();
    MenuEvent::set_event_handler(Some(move |event: MenuEvent| {
        if let Some(act) = Act::parse(event.id().as_ref()) {
            let _ = told.send(Event::Chosen(act));
        }
    }));
    let told = tell.clone();
    TrayIconEvent::set_event_handler(Some(move |event| {
        if let TrayIconEvent::Click { button: MouseButton::Left, .. } = event {
            let _ = told.send(Event::Chosen(Act::Raise));
        }
    }));
    let told = tell.clone();
    let notices = Notices::start(move |heard| {
        let _ = told.send(Event::Notice(heard));
    });
    let desk =
        Desk { status: None, autostart: hands.starts(), new: hands.is_new(), now: OffsetDateTime::now_utc() };
    let (item, voice) = (Item::default(), Voice::new(notices, said));
    let mut tray = Tray { hands, desk, lang, item, voice, told_unseen: false };
    // An agent that runs is heard of at once; until then nothing is known of it.
    let mut next = events.recv_timeout(FIRST);
    loop {
        let ended = match next {
            Ok(event) => tray.take(event),
            Err(RecvTimeoutError::Timeout) => false,
            Err(RecvTimeoutError::Disconnected) => true,
        };
        if ended {
            return;
        }
        next = match events.try_recv() {
            // A batch changes faster than anybody looks.
            Ok(event) => Ok(event),
            Err(_) => events.recv_timeout(tray.show()),
        };
    }
}

struct Tray<'a, H> {
    hands: &'a H,
    desk: Desk,
    lang: Lang,
    item: Item,
    voice: Voice,
    told_unseen: bool,
}

impl<H: Hands> Tray<'_, H> {
    /// Takes something in; true if it is the end.
    fn take(&mut self, event: Event) -> bool {
        match event {
            Event::Status(status) => self.desk.status = Some(*status),
            Event::Away => self.desk.status = None,
            Event::Chosen(Act::Quit) => return true,
            Event::Chosen(Act::Raise) => self.hands.raise(None),
            Event::Chosen(act) => {
                if let Act::Speak(lang) = act {
                    self.lang = lang;
                }
                self.hands.act(&act);
                self.desk.autostart = self.hands.starts();
            }
            Event::Notice(Heard::Clicked { name, .. }) if name == notices::SETUP => {
                self.hands.act(&Act::Setup);
            }
            Event::Notice(Heard::Clicked { name, leave }) => {
                if !notices::is_over(&name, self.desk.status.as_ref()) {
                    self.hands.raise(leave);
                }
            }
            Event::Notice(Heard::Said(name)) => {
                if self.voice.was_said(name) {
                    self.hands.remember(&self.voice.said);
                }
            }
            Event::Notice(Heard::Unsaid(name)) => self.voice.was_not_said(name),
            Event::Failed(why) => self.voice.fail(why, self.lang),
            Event::Refused(code) => {
                let (message, hint) = error::of(code, self.lang);
                self.voice.fail(format!("{message} {hint}"), self.lang);
            }
        }
        false
    }

    /// Shows and says what is known now; returns how long it stays true by itself.
    fn show(&mut self) -> Duration {
        self.desk.now = OffsetDateTime::now_utc();
        let unseen = self.item.show(&self.desk, self.lang).err();
        if let Some(why) = unseen.as_ref().filter(|_| !std::mem::replace(&mut self.told_unseen, true)) {
            self.hands.unseen(why);
        }
        if self.voice.speak(&self.desk, self.lang) {
            self.hands.remember(&self.voice.said);
        }
        let again = [unseen.map(|_| RETRY), notices::next(&self.desk), self.voice.again()];
        again.into_iter().flatten().fold(IDLE, Duration::min)
    }
}

/// What is in the panel.
#[derive(Default)]
struct Item {
    icon: Option<TrayIcon>,
    drawing: Option<Drawing>,
    tooltip: String,
    entries: Vec<Entry>,
}

impl Item {
    /// Changes what has changed. Fails, with the library's word, if there is no bus to be seen on yet.
    fn show(&mut self, desk: &Desk, lang: Lang) -> Result<(), String> {
        let (drawing, tooltip, entries) =
            (Drawing::of(desk.state()), sentence(desk.state(), lang), menu(desk, lang));
        let Some(icon) = &self.icon else {
            let name = TrayWords::of(lang).name;
            let builder = TrayIconBuilder::new().with_id(ID).with_title(name).with_tooltip(&tooltip);
            let builder = builder.with_menu(Box::new(built(&entries)));
            let builder = match picture(drawing) {
                Some(icon) => builder.with_icon(icon),
                None => builder,
            };
            self.icon = Some(builder.build().map_err(|error| error.to_string())?);
            (self.drawing, self.tooltip, self.entries) = (Some(drawing), tooltip, entries);
            return Ok(());
        };
        if self.drawing != Some(drawing) {
            let _ = icon.set_icon(picture(drawing));
            self.drawing = Some(drawing);
        }
        if self.tooltip != tooltip {
            let _ = icon.set_tooltip(Some(&tooltip));
            self.tooltip = tooltip;
        }
        if self.entries != entries {
            icon.set_menu(Some(Box::new(built(&entries))));
            self.entries = entries;
        }
        Ok(())
    }
}

/// The panel's own menu of these entries.
fn built(entries: &[Entry]) -> Menu {
    let menu = Menu::new();
    for entry in entries {
        let _ = menu.append(item(entry).as_ref());
    }
    menu
}

fn item(entry: &Entry) -> Box<dyn IsMenuItem> {
    // One `&` would underline the next letter.
    let plain = |text: &str| text.replace('&', "&&");
    match entry {
        Entry::Label(text) => Box::new(MenuItem::new(plain(text), false, None)),
        Entry::Item(text, act) => Box::new(MenuItem::with_id(act.id(), plain(text), true, None)),
        Entry::Check(text, on, act) => {
            Box::new(CheckMenuItem::with_id(act.id(), plain(text), true, *on, None))
        }
        Entry::Separator => Box::new(PredefinedMenuItem::separator()),
        Entry::Sub(text, entries) => {
            let sub = Submenu::new(plain(text), true);
            for entry in entries {
                let _ = sub.append(item(entry).as_ref());
            }
            Box::new(sub)
        }
    }
}

fn picture(drawing: Drawing) -> Option<Icon> {
    let picture = drawing.picture(SIZE);
    Icon::from_rgba(picture.rgba, picture.size, picture.size).ok()
}

/// What was said, and what is not to be said again yet.
struct Voice {
    notices: Notices,
    said: BTreeSet<String>,
    /// Not before this time: on its way, or the person wants to be left alone.
    later: HashMap<String, Instant>,
}

impl Voice {
    fn new(notices: Notices, said: BTreeSet<String>) -> Self {
        Self { notices, said, later: HashMap::new() }
    }

    /// Says what is due and takes back what is answered. True if something that lasts may be said again.
    fn speak(&mut self, desk: &Desk, lang: Lang) -> bool {
        let status = desk.status.as_ref();
        for name in self.said.iter().filter(|name| notices::is_answered(name, status)) {
            self.notices.take_back(name.clone());
        }
        let known = self.said.len();
        self.said.retain(|name| !notices::is_over(name, status));
        self.later.retain(|name, _| !notices::is_over(name, status));
        let now = Instant::now();
        for notice in notices::due(desk, lang) {
            let waits = self.later.get(&notice.name).is_some_and(|time| now < *time);
            if !waits && !self.said.contains(&notice.name) {
                self.later.insert(notice.name.clone(), now + LATER);
                self.notices.say(notice);
            }
        }
        self.said.len() != known
    }

    /// Says that something could not be done.
    fn fail(&self, why: String, lang: Lang) {
        let (name, summary) = (FAILED.to_owned(), TrayWords::of(lang).failed_summary.to_owned());
        self.notices.say(Notice { name, summary, body: why, action: None, fleeting: true });
    }

    /// True if it is to be remembered.
    fn was_said(&mut self, name: String) -> bool {
        self.later.remove(&name);
        let lasting = notices::is_lasting(&name);
        name != FAILED && self.said.insert(name) && lasting
    }

    fn was_not_said(&mut self, name: String) {
        if name != FAILED {
            self.later.insert(name, Instant::now() + LATER);
        }
    }

    /// When something that could not be said may be tried again.
    fn again(&self) -> Option<Duration> {
        let next = self.later.values().min()?;
        Some(next.saturating_duration_since(Instant::now()).max(BREATH))
    }
}

/// A failure's sentence for the person.
pub fn not_kept(path: &str, why: &str, lang: Lang) -> String {
    fill(TrayWords::of(lang).lang_not_kept, &[("path", path), ("why", why)]).into_owned()
}

/// The item's name on the bus.
const ID: &str = "kyso";
const FAILED: &str = "failed";
/// Drawn at twice the size of most panels' icons, which makes it smaller without blur.
const SIZE: u32 = 44;
const FIRST: Duration = Duration::from_millis(500);
const RETRY: Duration = Duration::from_secs(2);
const LATER: Duration = Duration::from_secs(60);
const BREATH: Duration = Duration::from_millis(50);
/// Days go by without anybody's telling.
const IDLE: Duration = Duration::from_secs(3_600);
