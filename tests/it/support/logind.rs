//! A system bus of the test's own with a systemd-logind made of answers on it.

use std::collections::HashMap;

use zbus::Connection;
use zbus::zvariant::{ObjectPath, OwnedObjectPath, Value};

use super::bus::Bus;

/// The bus; ended when dropped.
pub(crate) struct Logind {
    bus: Bus,
    connection: Connection,
}

/// What systemd-logind can tell.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Tells {
    /// Somebody wants the screen locked.
    Lock,
    /// The screen is locked, or not any more.
    Locked(bool),
    /// The machine goes to sleep, or has woken up.
    Sleep(bool),
    /// The session is in front, or another user's is.
    Active(bool),
    /// The session has ended.
    Removed,
}

impl Logind {
    pub(crate) fn start() -> Self {
        let bus = Bus::start();
        let connection = zbus::block_on(async {
            bus.builder()
                .serve_at("/org/freedesktop/login1", Manager)?
                .serve_at(USER, User)?
                .serve_at(SESSION, Session)?
                .name("org.freedesktop.login1")?
                .build()
                .await
        });
        Self { connection: connection.unwrap(), bus }
    }

    /// For `DBUS_SYSTEM_BUS_ADDRESS`.
    pub(crate) fn address(&self) -> &str {
        self.bus.address()
    }

    pub(crate) fn tell(&self, what: Tells) {
        let session = "org.freedesktop.login1.Session";
        let manager = ("/org/freedesktop/login1", "org.freedesktop.login1.Manager");
        let changed = |name: &'static str, value: bool| {
            let changed = HashMap::from([(name, Value::Bool(value))]);
            let body = (session, changed, Vec::<&str>::new());
            let properties = "org.freedesktop.DBus.Properties";
            zbus::block_on(self.connection.emit_signal(
                None::<&str>,
                SESSION,
                properties,
                "PropertiesChanged",
                &body,
            ))
        };
        let said = match what {
            Tells::Lock => {
                zbus::block_on(self.connection.emit_signal(None::<&str>, SESSION, session, "Lock", &()))
            }
            Tells::Locked(value) => changed("LockedHint", value),
            Tells::Active(value) => changed("Active", value),
            Tells::Sleep(value) => zbus::block_on(self.connection.emit_signal(
                None::<&str>,
                manager.0,
                manager.1,
                "PrepareForSleep",
                &value,
            )),
            Tells::Removed => {
                let body = ("7", ObjectPath::try_from(SESSION).unwrap());
                zbus::block_on(self.connection.emit_signal(
                    None::<&str>,
                    manager.0,
                    manager.1,
                    "SessionRemoved",
                    &body,
                ))
            }
        };
        said.unwrap();
    }
}

struct Manager;

#[zbus::interface(name = "org.freedesktop.login1.Manager")]
impl Manager {
    fn get_user(&self, _user: u32) -> OwnedObjectPath {
        ObjectPath::try_from(USER).unwrap().into()
    }
}

struct User;

#[zbus::interface(name = "org.freedesktop.login1.User")]
impl User {
    #[zbus(property)]
    fn display(&self) -> (String, OwnedObjectPath) {
        ("7".to_owned(), ObjectPath::try_from(SESSION).unwrap().into())
    }
}

struct Session;

#[zbus::interface(name = "org.freedesktop.login1.Session")]
impl Session {
    #[zbus(property)]
    fn active(&self) -> bool {
        true
    }

    #[zbus(property)]
    fn locked_hint(&self) -> bool {
        false
    }
}

const USER: &str = "/org/freedesktop/login1/user/_1000";
const SESSION: &str = "/org/freedesktop/login1/session/_37";
