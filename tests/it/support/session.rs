//! A session bus of the test's own, with a panel and a notification service made of answers on it.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use zbus::Connection;
use zbus::zvariant::{OwnedValue, Value};

use super::bus::Bus;

/// The bus; ended when dropped.
pub(crate) struct Session {
    bus: Bus,
    connection: Connection,
}

/// A notification as it was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Told {
    pub(crate) number: u32,
    pub(crate) summary: String,
    pub(crate) body: String,
    pub(crate) actions: Vec<String>,
    pub(crate) urgency: Option<u8>,
    pub(crate) closed: bool,
}

/// A line of a menu, as the panel gets it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Line {
    pub(crate) id: i32,
    pub(crate) label: String,
    pub(crate) enabled: bool,
    pub(crate) checked: Option<bool>,
    pub(crate) below: Vec<Self>,
}

/// A status notifier item.
pub(crate) struct Item {
    connection: Connection,
    name: String,
}

impl Session {
    pub(crate) fn start() -> Self {
        Self::on(Bus::start())
    }

    /// On this bus.
    pub(crate) fn on(bus: Bus) -> Self {
        let connection = bus.connect();
        Self { bus, connection }
    }

    /// For `DBUS_SESSION_BUS_ADDRESS`.
    pub(crate) fn address(&self) -> &str {
        self.bus.address()
    }

    /// A panel: what registers with it, until the connection is dropped.
    pub(crate) fn panel(&self) -> (Connection, Arc<Mutex<Vec<String>>>) {
        let registered = Arc::new(Mutex::new(Vec::new()));
        let watcher = Watcher(Arc::clone(&registered));
        let connection = zbus::block_on(async {
            self.bus
                .builder()
                .serve_at("/StatusNotifierWatcher", watcher)?
                .name("org.kde.StatusNotifierWatcher")?
                .build()
                .await
        });
        (connection.unwrap(), registered)
    }

    /// A notification service.
    pub(crate) fn notifications(&self) -> Notifications {
        let told = Arc::new(Mutex::new(Vec::new()));
        let inhibited = Arc::new(Mutex::new(Inhibited::default()));
        let server = Server { told: Arc::clone(&told), inhibited: Arc::clone(&inhibited) };
        let connection = zbus::block_on(async {
            self.bus
                .builder()
                .serve_at(NOTIFICATIONS, server)?
                .name("org.freedesktop.Notifications")?
                .build()
                .await
        });
        Notifications { connection: connection.unwrap(), told, inhibited }
    }

    /// The item of this process, once it is on the bus.
    pub(crate) fn item(&self, process: u32) -> Item {
        let name = self.wait_for_name(&format!("org.kde.StatusNotifierItem-{process}-"));
        Item { connection: self.connection.clone(), name }
    }

    /// Waits until a name on the bus begins so, and returns it.
    pub(crate) fn wait_for_name(&self, start: &str) -> String {
        let (bus, path) = ("org.freedesktop.DBus", "/org/freedesktop/DBus");
        until(start, || {
            let reply =
                zbus::block_on(self.connection.call_method(Some(bus), path, Some(bus), "ListNames", &()));
            let names: Vec<String> = reply.unwrap().body().deserialize().unwrap();
            names.into_iter().find(|name| name.starts_with(start))
        })
    }
}

impl Item {
    /// The line that the tooltip says.
    pub(crate) fn tooltip(&self) -> String {
        type ToolTip = (String, Vec<(i32, i32, Vec<u8>)>, String, String);
        let (_, _, title, description) = ToolTip::try_from(self.property("ToolTip")).unwrap();
        assert_eq!(title, "Kyso");
        description
    }

    /// The icon's pixels: width, height, alpha red green blue.
    pub(crate) fn icon(&self) -> (i32, i32, Vec<u8>) {
        let icons: Vec<(i32, i32, Vec<u8>)> = self.property("IconPixmap").try_into().unwrap();
        icons.into_iter().next().expect("an icon")
    }

    /// The whole menu.
    pub(crate) fn menu(&self) -> Vec<Line> {
        type Layout = (u32, (i32, HashMap<String, OwnedValue>, Vec<OwnedValue>));
        let question = (0_i32, -1_i32, Vec::<String>::new());
        let reply = self.call("GetLayout", &question);
        let (_, (_, _, children)): Layout = reply.body().deserialize().unwrap();
        children.into_iter().map(Line::read).collect()
    }

    /// Chooses the line with this label, wherever it is, once it is there.
    pub(crate) fn choose(&self, label: &str) {
        let id = until(label, || find(&self.menu(), label).map(|line| line.id));
        // A tray that is quit by it does not answer any more.
        let _ = self.try_call("Event", &(id, "clicked", Value::from(""), 0_u32));
    }

    /// Waits until the menu has a line with this label, and returns it.
    pub(crate) fn line(&self, label: &str) -> Line {
        until(label, || find(&self.menu(), label))
    }

    /// Waits until the tooltip says this.
    pub(crate) fn says(&self, tooltip: &str) {
        until(tooltip, || (self.tooltip() == tooltip).then_some(()));
    }

    fn property(&self, name: &str) -> OwnedValue {
        let properties = Some("org.freedesktop.DBus.Properties");
        let question = ("org.kde.StatusNotifierItem", name);
        let reply = zbus::block_on(self.connection.call_method(
            Some(self.name.as_str()),
            "/StatusNotifierItem",
            properties,
            "Get",
            &question,
        ));
        reply.unwrap().body().deserialize().unwrap()
    }

    fn call<B: serde::Serialize + zbus::zvariant::DynamicType>(
        &self,
        method: &str,
        question: &B,
    ) -> zbus::Message {
        self.try_call(method, question).unwrap()
    }

    fn try_call<B: serde::Serialize + zbus::zvariant::DynamicType>(
        &self,
        method: &str,
        question: &B,
    ) -> zbus::Result<zbus::Message> {
        let name = Some(self.name.as_str());
        let menu = Some("com.canonical.dbusmenu");
        zbus::block_on(self.connection.call_method(name, "/MenuBar", menu, method, question))
    }
}

impl Line {
    fn read(value: OwnedValue) -> Self {
        type Node = (i32, HashMap<String, OwnedValue>, Vec<OwnedValue>);
        let (id, properties, children): Node = value.try_into().unwrap();
        let text = |name: &str| {
            let value = properties.get(name)?.try_clone().ok()?;
            String::try_from(value).ok()
        };
        let enabled = properties.get("enabled").and_then(|value| bool::try_from(&**value).ok());
        let checked = properties.get("toggle-state").and_then(|value| i32::try_from(&**value).ok());
        Self {
            id,
            // A single underscore underlines a letter.
            label: text("label").unwrap_or_default().replace("__", "_"),
            enabled: enabled.unwrap_or(true),
            checked: text("toggle-type").map(|_| checked == Some(1)),
            below: children.into_iter().map(Self::read).collect(),
        }
    }
}

fn find(lines: &[Line], label: &str) -> Option<Line> {
    lines.iter().find_map(
        |line| {
            if line.label == label { Some(line.clone()) } else { find(&line.below, label) }
        },
    )
}

/// The notification service.
pub(crate) struct Notifications {
    connection: Connection,
    told: Arc<Mutex<Vec<Told>>>,
    inhibited: Arc<Mutex<Inhibited>>,
}

/// Do-not-disturb, and how often somebody asked for it.
#[derive(Default)]
struct Inhibited {
    on: bool,
    asked: usize,
}

impl Notifications {
    /// What was asked for so far.
    pub(crate) fn told(&self) -> Vec<Told> {
        self.told.lock().unwrap().clone()
    }

    /// Waits for one with this summary.
    pub(crate) fn wait(&self, summary: &str) -> Told {
        until(summary, || self.told().into_iter().find(|told| told.summary == summary))
    }

    /// The person wants to be left alone, or not any more.
    pub(crate) fn inhibit(&self, on: bool) {
        self.inhibited.lock().unwrap().on = on;
    }

    /// Whether somebody has asked if the person wants to be left alone.
    pub(crate) fn is_asked(&self) -> bool {
        self.inhibited.lock().unwrap().asked > 0
    }

    /// The person clicks it.
    pub(crate) fn click(&self, told: &Told) {
        for (signal, text) in [("ActivationToken", "token-1"), ("ActionInvoked", "default")] {
            let body = (told.number, text);
            let interface = "org.freedesktop.Notifications";
            zbus::block_on(self.connection.emit_signal(
                None::<&str>,
                NOTIFICATIONS,
                interface,
                signal,
                &body,
            ))
            .unwrap();
        }
    }
}

struct Watcher(Arc<Mutex<Vec<String>>>);

#[zbus::interface(name = "org.kde.StatusNotifierWatcher")]
impl Watcher {
    fn register_status_notifier_item(&self, service: String) {
        self.0.lock().unwrap().push(service);
    }

    #[zbus(property)]
    fn is_status_notifier_host_registered(&self) -> bool {
        true
    }
}

struct Server {
    told: Arc<Mutex<Vec<Told>>>,
    inhibited: Arc<Mutex<Inhibited>>,
}

#[zbus::interface(name = "org.freedesktop.Notifications")]
impl Server {
    fn get_capabilities(&self) -> Vec<String> {
        ["actions", "body", "body-markup"].map(str::to_owned).into()
    }

    #[allow(clippy::too_many_arguments, reason = "the specification's")]
    fn notify(
        &self,
        _program: String,
        _replaces: u32,
        _icon: String,
        summary: String,
        body: String,
        actions: Vec<String>,
        hints: HashMap<String, OwnedValue>,
        _timeout: i32,
    ) -> u32 {
        let mut told = self.told.lock().unwrap();
        let number = told.len() as u32 + 1;
        let urgency = hints.get("urgency").and_then(|value| u8::try_from(&**value).ok());
        told.push(Told { number, summary, body, actions, urgency, closed: false });
        number
    }

    fn close_notification(&self, number: u32) {
        let mut told = self.told.lock().unwrap();
        told.iter_mut().filter(|told| told.number == number).for_each(|told| told.closed = true);
    }

    #[zbus(property)]
    fn inhibited(&self) -> bool {
        let mut inhibited = self.inhibited.lock().unwrap();
        inhibited.asked += 1;
        inhibited.on
    }
}

/// Waits for something, up to 30 s.
pub(crate) fn until<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let end = Instant::now() + Duration::from_secs(30);
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(Instant::now() < end, "{what} did not come");
        std::thread::sleep(Duration::from_millis(20));
    }
}

const NOTIFICATIONS: &str = "/org/freedesktop/Notifications";
