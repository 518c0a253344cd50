//! The person's session, as systemd-logind tells of it on the system bus
//! (org.freedesktop.login1(5)): locked, asleep, or behind another user's.

use tokio::sync::watch;
use zbus::Connection;
use zbus::MatchRule;
use zbus::Message;
use zbus::MessageStream;
use zbus::export::ordered_stream::OrderedStreamExt;
use zbus::fdo::DBusProxy;
use zbus::zvariant::OwnedObjectPath;
use zbus::zvariant::OwnedValue;
use zbus::zvariant::Value;

use crate::sys::attendance::Attendance;
use crate::sys::attendance::Now;
use crate::sys::attendance::Silence;

/// Follows the session of this user from a thread of its own, until the receiver is gone or the bus is.
pub fn watch() -> watch::Receiver<Attendance> {
    let (tell, told) = watch::channel(Attendance::asking());
    std::thread::spawn(move || {
        let why = zbus::block_on(follow(&tell)).err();
        let why = why.unwrap_or(Silence::BusLeft);
        tell.send_modify(|attendance| attendance.turn(Now::Unknown(why)));
    });
    told
}

/// Returns when the bus hangs up or nobody listens any more.
async fn follow(tell: &watch::Sender<Attendance>) -> Result<(), Silence> {
    let bus = Connection::system().await.map_err(|error| Silence::NoBus(error.to_string()))?;
    let session = find(&bus).await?;
    let rule = |what: zbus::Result<MatchRule<'static>>| what.map_err(odd);
    let signals = || MatchRule::builder().msg_type(zbus::message::Type::Signal);
    let rules = [
        rule(signals().sender(LOGIND).and_then(|rule| rule.path(session.clone())).map(|rule| rule.build()))?,
        rule(signals().sender(LOGIND).and_then(|rule| rule.path(MANAGER_PATH)).map(|rule| rule.build()))?,
        rule(
            signals()
                .sender("org.freedesktop.DBus")
                .and_then(|rule| rule.member("NameOwnerChanged"))
                .and_then(|rule| rule.arg(0, LOGIND))
                .map(|rule| rule.build()),
        )?,
    ];
    // What comes while the present state is read is read after it.
    let mut stream = MessageStream::from(&bus);
    let proxy = DBusProxy::new(&bus).await.map_err(odd)?;
    for rule in rules {
        proxy.add_match_rule(rule).await.map_err(odd)?;
    }
    let mut known = Known {
        active: flag(&bus, &session, "Active").await?,
        locked: flag(&bus, &session, "LockedHint").await?,
        asleep: false,
    };
    tell.send_modify(|attendance| attendance.turn(known.now()));
    while let Some(message) = stream.next().await {
        if tell.is_closed() {
            return Ok(());
        }
        let Ok(message) = message else { continue };
        match known.hear(&message, &session) {
            Heard::Nothing => {}
            Heard::Away => tell.send_modify(|attendance| {
                attendance.turn(Now::Away);
                attendance.now = known.now();
            }),
            Heard::News => tell.send_modify(|attendance| attendance.turn(known.now())),
            Heard::End => return Err(Silence::Left),
        }
    }
    Ok(())
}

/// This process' session, or the one that the user has a display in: a user service belongs to none.
async fn find(bus: &Connection) -> Result<OwnedObjectPath, Silence> {
    if let Ok(id) = std::env::var("XDG_SESSION_ID")
        && let Ok(reply) = ask(bus, "GetSession", &id).await
        && let Ok(path) = reply.body().deserialize()
    {
        return Ok(path);
    }
    let user = rustix::process::getuid().as_raw();
    let reply = ask(bus, "GetUser", &user).await.map_err(odd)?;
    let user: OwnedObjectPath = reply.body().deserialize().map_err(odd)?;
    let display = property(bus, &user, "org.freedesktop.login1.User", "Display").await?;
    let Value::Structure(display) = &*display else {
        return Err(Silence::Odd("Display".to_owned()));
    };
    match display.fields() {
        [Value::Str(id), Value::ObjectPath(path)] if !id.is_empty() => Ok(path.to_owned().into()),
        _ => Err(Silence::NoSession),
    }
}

fn odd(error: impl std::fmt::Display) -> Silence {
    Silence::Odd(error.to_string())
}

async fn ask<B: serde::Serialize + zbus::zvariant::DynamicType>(
    bus: &Connection,
    method: &str,
    question: &B,
) -> zbus::Result<Message> {
    bus.call_method(Some(LOGIND), MANAGER_PATH, Some(MANAGER), method, question).await
}

async fn flag(bus: &Connection, session: &OwnedObjectPath, name: &str) -> Result<bool, Silence> {
    let value = property(bus, session, SESSION, name).await?;
    bool::try_from(value).map_err(|error| Silence::Odd(format!("{name}: {error}")))
}

async fn property(
    bus: &Connection,
    path: &OwnedObjectPath,
    interface: &str,
    name: &str,
) -> Result<OwnedValue, Silence> {
    let question = (interface, name);
    let reply = bus.call_method(Some(LOGIND), path, Some(PROPERTIES), "Get", &question).await;
    let reply = reply.map_err(|error| Silence::Odd(format!("{name}: {error}")))?;
    let value: OwnedValue =
        reply.body().deserialize().map_err(|error| Silence::Odd(format!("{name}: {error}")))?;
    Ok(value)
}

/// What was heard so far.
struct Known {
    active: bool,
    locked: bool,
    asleep: bool,
}

/// What a message means.
enum Heard {
    Nothing,
    News,
    /// Something ended what was, whatever is true now.
    Away,
    End,
}

impl Known {
    fn now(&self) -> Now {
        if self.active && !self.locked && !self.asleep { Now::There } else { Now::Away }
    }

    fn hear(&mut self, message: &Message, session: &OwnedObjectPath) -> Heard {
        let header = message.header();
        let of_session = header.path().is_some_and(|path| *path == **session);
        let member = header.member().map_or("", |member| member.as_str());
        let body = message.body();
        match (header.interface().map_or("", |interface| interface.as_str()), member) {
            (SESSION, "Lock") if of_session => Heard::Away,
            (PROPERTIES, "PropertiesChanged") if of_session => {
                let changed: Result<(String, std::collections::HashMap<String, OwnedValue>, Vec<String>), _> =
                    body.deserialize();
                let Ok((_, changed, _)) = changed else { return Heard::Nothing };
                let flag = |name: &str| changed.get(name).and_then(|value| bool::try_from(&**value).ok());
                let before = self.now();
                self.active = flag("Active").unwrap_or(self.active);
                self.locked = flag("LockedHint").unwrap_or(self.locked);
                if self.now() == before { Heard::Nothing } else { Heard::News }
            }
            (MANAGER, "PrepareForSleep") => {
                self.asleep = body.deserialize().unwrap_or(true);
                Heard::News
            }
            (MANAGER, "SessionRemoved") => match body.deserialize::<(String, OwnedObjectPath)>() {
                Ok((_, gone)) if gone == *session => Heard::End,
                _ => Heard::Nothing,
            },
            ("org.freedesktop.DBus", "NameOwnerChanged") => {
                match body.deserialize::<(String, String, String)>() {
                    Ok((name, _, _)) if name == LOGIND => Heard::End,
                    _ => Heard::Nothing,
                }
            }
            _ => Heard::Nothing,
        }
    }
}

const LOGIND: &str = "org.freedesktop.login1";
const MANAGER_PATH: &str = "/org/freedesktop/login1";
const MANAGER: &str = "org.freedesktop.login1.Manager";
const SESSION: &str = "org.freedesktop.login1.Session";
const PROPERTIES: &str = "org.freedesktop.DBus.Properties";
