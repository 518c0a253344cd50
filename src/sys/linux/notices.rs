//! The desktop's notifications (Desktop Notifications Specification 1.3), over the session bus.

use std::collections::HashMap;

use tokio::sync::mpsc;
use zbus::Connection;
use zbus::MatchRule;
use zbus::Message;
use zbus::MessageStream;
use zbus::export::ordered_stream::OrderedStreamExt;
use zbus::fdo::DBusProxy;
use zbus::zvariant::OwnedValue;
use zbus::zvariant::Value;

/// Something to say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// Names it for the caller.
    pub name: String,
    /// One line, plain text.
    pub summary: String,
    /// Plain text; markup in it is shown as it stands.
    pub body: String,
    /// What clicking it does, in words; none if nothing.
    pub action: Option<String>,
    /// Not worth keeping once it has left the screen.
    pub fleeting: bool,
}

/// What came of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Heard {
    /// The desktop took it.
    Said(String),
    /// There is nobody who shows notifications, or the person does not want any now.
    Unsaid(String),
    /// The person clicked it.
    Clicked {
        /// Its name.
        name: String,
        /// The desktop's leave to take the focus, an XDG activation token, where it gives one.
        leave: Option<String>,
    },
}

/// The way to the desktop; ends when dropped.
#[derive(Debug)]
pub struct Notices(mpsc::UnboundedSender<Order>);

#[derive(Debug)]
enum Order {
    Say(Notice),
    TakeBack(String),
}

impl Notices {
    /// Starts a thread that reaches the session bus once there is something to say, and tells `hear`.
    pub fn start(hear: impl Fn(Heard) + Send + 'static) -> Self {
        let (orders, mut inbox) = mpsc::unbounded_channel();
        std::thread::spawn(move || {
            while let Some(order) = inbox.blocking_recv() {
                let Order::Say(notice) = order else { continue };
                let name = notice.name.clone();
                // A bus that has hung up may be another one next time.
                if zbus::block_on(serve(notice, &mut inbox, &hear)).is_err() {
                    hear(Heard::Unsaid(name));
                }
            }
        });
        Self(orders)
    }

    /// Says it, unless the person wants to be left alone.
    pub fn say(&self, notice: Notice) {
        let _ = self.0.send(Order::Say(notice));
    }

    /// Takes it off the screen, if it is still there.
    pub fn take_back(&self, name: String) {
        let _ = self.0.send(Order::TakeBack(name));
    }
}

/// Returns when nobody has anything to say any more, or the bus is gone.
async fn serve(
    first: Notice,
    inbox: &mut mpsc::UnboundedReceiver<Order>,
    hear: &impl Fn(Heard),
) -> zbus::Result<()> {
    let bus = Connection::session().await?;
    let mut stream = MessageStream::from(&bus);
    let rule = MatchRule::builder().msg_type(zbus::message::Type::Signal).interface(INTERFACE)?.path(PATH)?;
    DBusProxy::new(&bus).await?.add_match_rule(rule.build()).await?;
    let mut shown = Shown::default();
    shown.obey(&bus, Order::Say(first), hear).await;
    loop {
        tokio::select! {
            order = inbox.recv() => match order {
                Some(order) => shown.obey(&bus, order, hear).await,
                None => return Ok(()),
            },
            message = stream.next() => match message {
                Some(Ok(message)) => shown.hear(&message, hear),
                Some(Err(_)) => {}
                None => return Ok(()),
            },
        }
    }
}

/// What is on the screen, by the desktop's numbers.
#[derive(Default)]
struct Shown {
    names: HashMap<u32, String>,
    leaves: HashMap<u32, String>,
}

impl Shown {
    async fn obey(&mut self, bus: &Connection, order: Order, hear: &impl Fn(Heard)) {
        match order {
            Order::Say(notice) => match say(bus, &notice).await {
                Ok(Some(number)) => {
                    self.names.insert(number, notice.name.clone());
                    hear(Heard::Said(notice.name));
                }
                Ok(None) | Err(_) => hear(Heard::Unsaid(notice.name)),
            },
            Order::TakeBack(name) => {
                let numbers: Vec<u32> = self
                    .names
                    .iter()
                    .filter(|(_, known)| **known == name)
                    .map(|(number, _)| *number)
                    .collect();
                for number in numbers {
                    self.names.remove(&number);
                    // One that has left the screen by itself is an error to some desktops, and nothing lost.
                    let _ = call(bus, "CloseNotification", &number).await;
                }
            }
        }
    }

    fn hear(&mut self, message: &Message, hear: &impl Fn(Heard)) {
        let header = message.header();
        let body = message.body();
        match header.member().map_or("", |member| member.as_str()) {
            "ActivationToken" => {
                if let Ok((number, leave)) = body.deserialize::<(u32, String)>()
                    && self.names.contains_key(&number)
                {
                    self.leaves.insert(number, leave);
                }
            }
            "ActionInvoked" => {
                if let Ok((number, _)) = body.deserialize::<(u32, String)>()
                    && let Some(name) = self.names.get(&number)
                {
                    hear(Heard::Clicked { name: name.clone(), leave: self.leaves.remove(&number) });
                }
            }
            "NotificationClosed" => {
                if let Ok((number, _)) = body.deserialize::<(u32, u32)>() {
                    self.names.remove(&number);
                    self.leaves.remove(&number);
                }
            }
            _ => {}
        }
    }
}

/// The desktop's number of it; none if the person does not want to be disturbed.
async fn say(bus: &Connection, notice: &Notice) -> zbus::Result<Option<u32>> {
    if is_inhibited(bus).await {
        return Ok(None);
    }
    let able: Vec<String> = call(bus, "GetCapabilities", &()).await?.body().deserialize()?;
    let able = |what: &str| able.iter().any(|known| known == what);
    let body = if able("body-markup") { escaped(&notice.body) } else { notice.body.clone() };
    let action = notice.action.as_deref().filter(|_| able("actions"));
    let actions: Vec<&str> = action.map_or_else(Vec::new, |action| vec!["default", action]);
    // Not critical: that would break through do-not-disturb.
    let hints: HashMap<&str, Value<'_>> = HashMap::from([
        ("urgency", Value::U8(NORMAL)),
        ("transient", Value::Bool(notice.fleeting)),
        ("desktop-entry", Value::from("kyso-tray")),
    ]);
    let question = ("Kyso", 0_u32, "", notice.summary.as_str(), body, actions, hints, -1_i32);
    Ok(Some(call(bus, "Notify", &question).await?.body().deserialize()?))
}

/// Whether do-not-disturb is on, where the desktop tells (property of version 1.3; Plasma has it).
async fn is_inhibited(bus: &Connection) -> bool {
    let properties = Some("org.freedesktop.DBus.Properties");
    let reply = bus.call_method(Some(NAME), PATH, properties, "Get", &(INTERFACE, "Inhibited")).await;
    let value = reply.ok().and_then(|reply| reply.body().deserialize::<OwnedValue>().ok());
    value.and_then(|value| bool::try_from(value).ok()).unwrap_or(false)
}

async fn call<B: serde::Serialize + zbus::zvariant::DynamicType>(
    bus: &Connection,
    method: &str,
    question: &B,
) -> zbus::Result<Message> {
    bus.call_method(Some(NAME), PATH, Some(INTERFACE), method, question).await
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

const NAME: &str = "org.freedesktop.Notifications";
const PATH: &str = "/org/freedesktop/Notifications";
const INTERFACE: &str = "org.freedesktop.Notifications";
const NORMAL: u8 = 1;
