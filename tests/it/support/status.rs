//! An agent made of a status document: answers a tray on a control socket of the test's own.

use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::net::{UnixListener, UnixStream};
use std::sync::{Arc, Condvar, Mutex};

use kyso::status::Status;
use serde_json::{Value, json};

use super::desk::Desk;

/// The agent; answers as long as the test runs.
pub(crate) struct StatusAgent(Arc<Shared>);

#[derive(Default)]
struct Shared {
    known: Mutex<Known>,
    changed: Condvar,
}

#[derive(Default)]
struct Known {
    status: Status,
    calls: Vec<Value>,
}

impl StatusAgent {
    pub(crate) fn start(desk: &Desk) -> Self {
        let folder = desk.folder().join("run/kyso");
        std::fs::create_dir_all(&folder).unwrap();
        let listener = UnixListener::bind(folder.join("control.sock")).unwrap();
        let shared = Arc::new(Shared::default());
        let serving = Arc::clone(&shared);
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let shared = Arc::clone(&serving);
                std::thread::spawn(move || shared.answer(&stream));
            }
        });
        Self(shared)
    }

    /// Its status is this from now on.
    pub(crate) fn is(&self, status: Status) {
        let mut known = self.0.known.lock().unwrap();
        let moment = known.status.moment.parse::<u32>().unwrap_or_default() + 1;
        known.status = Status { moment: moment.to_string(), ..status };
        self.0.changed.notify_all();
    }

    /// What it was called for besides its status.
    pub(crate) fn calls(&self) -> Vec<Value> {
        self.0.known.lock().unwrap().calls.clone()
    }
}

impl Shared {
    fn answer(&self, mut stream: &UnixStream) {
        let mut line = String::new();
        BufReader::new(stream).read_line(&mut line).unwrap();
        let Ok(call) = serde_json::from_str::<Value>(&line) else { return };
        let mut known = self.known.lock().unwrap();
        let answer = if call["call"] == "status" {
            let is_known = |known: &mut Known| call["since"] == known.status.moment;
            known = self.changed.wait_while(known, is_known).unwrap();
            json!({ "done": known.status })
        } else {
            known.calls.push(call);
            json!({ "done": {} })
        };
        drop(known);
        let _ = stream.write_all(format!("{answer}\n").as_bytes());
    }
}
