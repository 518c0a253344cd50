//! From a page's request to the window that shows it, by the real agent and the real prompt on Xvfb.

use std::io::Write as _;
use std::net::TcpStream;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use kyso::ui::message::{self, Pair, ToPrompt};
use serde_json::json;
use x11rb::connection::Connection as _;
use x11rb::protocol::xproto::{ConnectionExt as _, ImageFormat, Window};
use x11rb::rust_connection::RustConnection;

use crate::figures::{Figures, percentile};
use crate::support::desk::Desk;
use crate::support::desktop::Desktop;
use crate::support::http::Request;
use crate::support::softhsm::SoftHsm;

pub(crate) fn measure(figures: &mut Figures) {
    figures.section("the prompt");
    let desktop = Desktop::start();
    let screen = Screen::open(desktop.display());
    let token = SoftHsm::new();
    let mut desk = Desk::with(&token);
    desk.set("DISPLAY", desktop.display());
    let agent = desk.agent_with_windows();
    let certificate = token.id("person-p256").to_string();
    let item = json!({ "name": "Công văn 45.pdf", "digest":
        { "algorithm": "sha-256", "value": STANDARD.encode([7; 32]) } });
    let body = json!({ "certificate": certificate, "items": [item] });
    // A site that nags is not asked for again, so each turn is another's.
    let asks = (0..=TURNS).map(|turn| {
        let origin = format!("https://so{turn}.example.gov.vn");
        let bearer = desk.pair(agent.port, &origin);
        Request::new("POST", "/v1/signatures", agent.port, &origin).bearer(&bearer).json(&body).bytes()
    });
    let asks: Vec<Vec<u8>> = asks.collect();

    let (mut whole, mut alone, mut sizes) = (Vec::new(), Vec::new(), Vec::new());
    for (turn, request) in asks.iter().enumerate() {
        let mut stream = TcpStream::connect(("127.0.0.1", agent.port)).unwrap();
        let begun = Instant::now();
        stream.write_all(request).unwrap();
        let (window, shown) = screen.until_text(begun);
        if turn == TURNS / 2 {
            std::thread::sleep(SETTLING);
            sizes.extend(prompts_of(agent.child.id()).map(megabytes));
        }
        drop(stream);
        screen.until_gone(window);

        let begun = Instant::now();
        let mut prompt = start(&desk);
        let (window, by_itself) = screen.until_text(begun);
        let _ = prompt.kill();
        let _ = prompt.wait();
        screen.until_gone(window);
        // The first of each is for the caches.
        if turn > 0 {
            whole.push(shown);
            alone.push(by_itself);
        }
    }
    assert_eq!(sizes.len(), 1, "one prompt at a time");
    figures.row(
        "first_frame_ms",
        "a page's request to text on the screen, median, ms",
        percentile(&whole, 50),
        1,
    );
    figures.row("first_frame_p90_ms", "  the 90th percentile", percentile(&whole, 90), 1);
    figures.row("first_frame_prompt_ms", "  the prompt's part: its start to text", percentile(&alone, 50), 1);
    figures.row("prompt_rss_mb", "resident, a window that waits, MB", sizes[0], 1);
}

/// `kyso prompt` by itself, with the smallest question.
fn start(desk: &Desk) -> std::process::Child {
    let mut command: Command = desk.command(&["prompt"]);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap();
    let origin = ORIGIN.parse().unwrap();
    let question = ToPrompt::Pair(Pair {
        lang: kyso::text::Lang::Vi,
        origin,
        milliseconds: 60_000,
        waiting: 0,
        refusals: 0,
    });
    let line = message::line(&question) + "\n";
    let stdin = child.stdin.as_mut().unwrap();
    stdin.write_all(line.as_bytes()).unwrap();
    child
}

/// An eye on the display.
struct Screen {
    connection: RustConnection,
    root: Window,
    name: u32,
}

impl Screen {
    fn open(display: &str) -> Self {
        let (connection, at) = x11rb::connect(Some(display)).unwrap();
        let root = connection.setup().roots[at].root;
        let name = connection.intern_atom(false, b"_NET_CLIENT_LIST").unwrap().reply().unwrap().atom;
        Self { connection, root, name }
    }

    /// The prompt's window and how long it took until letters stand in it.
    fn until_text(&self, begun: Instant) -> (Window, f64) {
        let window = until("a window", || self.clients().pop());
        // An unmapped window has no pixels to read.
        until("text", || self.has_text(window).then_some(()));
        (window, begun.elapsed().as_secs_f64() * 1e3)
    }

    fn until_gone(&self, window: Window) {
        until("the end of the window", || (!self.clients().contains(&window)).then_some(()));
    }

    /// The windows that the window manager tends.
    fn clients(&self) -> Vec<Window> {
        let list = self.connection.get_property(false, self.root, self.name, 0_u32, 0, 64).unwrap();
        list.reply().ok().and_then(|list| Some(list.value32()?.collect())).unwrap_or_default()
    }

    /// Whether something other than one colour is in the window's head.
    fn has_text(&self, window: Window) -> bool {
        let [width, height] = HEAD;
        let image = self.connection.get_image(ImageFormat::Z_PIXMAP, window, 0, 0, width, height, u32::MAX);
        image.unwrap().reply().is_ok_and(|image| {
            let mut pixels = image.data.chunks_exact(4).map(|pixel| &pixel[..3]);
            let first = pixels.next();
            pixels.filter(|pixel| Some(*pixel) != first).count() > LETTERS
        })
    }
}

fn until<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let end = Instant::now() + Duration::from_secs(20);
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(Instant::now() < end, "{what} did not come");
        std::thread::sleep(Duration::from_micros(500));
    }
}

/// The prompts that this agent has started.
fn prompts_of(agent: u32) -> impl Iterator<Item = u32> {
    let tasks = std::fs::read_dir(format!("/proc/{agent}/task")).unwrap();
    let children = tasks
        .filter_map(|task| std::fs::read_to_string(task.unwrap().path().join("children")).ok())
        .collect::<String>();
    let ids: Vec<u32> = children.split_whitespace().map(|id| id.parse().unwrap()).collect();
    ids.into_iter().filter(|id| {
        let line = std::fs::read(format!("/proc/{id}/cmdline")).unwrap_or_default();
        line.split(|byte| *byte == 0).any(|word| word == b"prompt")
    })
}

/// VmRSS (proc(5)).
pub(crate) fn megabytes(id: u32) -> f64 {
    let status = std::fs::read_to_string(format!("/proc/{id}/status")).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.trim().trim_end_matches(" kB").parse::<f64>().unwrap() / 1024.0
}

const ORIGIN: &str = "https://vanban.example.gov.vn";
const TURNS: usize = 20;
const SETTLING: Duration = Duration::from_secs(1);
/// Of the window, in pixels.
const HEAD: [u16; 2] = [300, 90];
const LETTERS: usize = 200;
