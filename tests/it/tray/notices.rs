//! Notifications: told when a window is overlooked, raising it when clicked, deciding nothing.

use super::{PAGE, Tray, ask, with_session};
use crate::prompt::{CLASS, desktop};
use crate::support::agent::rows;
use crate::support::desk::{Desk, Running};
use crate::support::desktop::{Desktop, Other};
use crate::support::session::{Notifications, Session, until};
use crate::support::softhsm::SoftHsm;

/// A desk with a display, a session bus, an agent and a tray.
struct Office {
    tray: Tray,
    agent: Running,
    bearer: String,
    certificate: String,
    notifications: Notifications,
    session: Session,
    desk: Desk,
    _token: SoftHsm,
}

impl Office {
    fn open(desktop: &Desktop) -> Self {
        let token = SoftHsm::new();
        let (mut desk, session) = with_session(Desk::with(&token));
        desk.set("DISPLAY", desktop.display());
        let notifications = session.notifications();
        let agent = desk.agent_with_windows();
        let bearer = desk.pair(agent.port, PAGE);
        desk.is_set_up();
        let tray = Tray::start(&desk);
        tray.item(&session).says("Ready to sign");
        let certificate = token.id("person-rsa").to_string();
        Self { tray, agent, bearer, certificate, notifications, session, desk, _token: token }
    }

    fn ask(&self, name: &str) -> std::thread::JoinHandle<String> {
        ask(&self.agent, &self.bearer, &self.certificate, name)
    }
}

#[test]
fn a_window_that_is_overlooked_is_told_and_raised_and_nothing_is_decided() {
    let Some(desktop) = desktop() else { return };
    let office = Office::open(&desktop);
    let other = Other::open(&desktop);
    let asked = office.ask("<i>Công văn</i> & \u{202e}45.pdf");
    let item = office.tray.item(&office.session);
    desktop.window(CLASS);
    desktop.until("the focus", || desktop.has_focus(CLASS).then_some(()));
    item.says("Waiting for your answer");
    let window = desktop.named("Event Tester").unwrap();
    // A window that has just come takes the focus a few times.
    let told = desktop.until("the notification, with the focus elsewhere", || {
        if desktop.has_focus(CLASS) {
            desktop.click(&window, 20, 100);
        }
        office.notifications.told().pop()
    });
    assert_eq!(told.summary, "Kyso waits for you");
    let body = format!("{PAGE} wants &lt;i&gt;Công văn&lt;/i&gt; &amp; \u{FFFD}45.pdf signed.");
    assert_eq!((told.body.as_str(), told.urgency), (body.as_str(), Some(1)));
    assert_eq!(told.actions, ["default", "Open the window"]);

    office.notifications.click(&told);
    desktop.until("the focus back", || desktop.has_focus(CLASS).then_some(()));
    until("the notification's end", || office.notifications.told()[0].closed.then_some(()));
    assert!(!asked.is_finished(), "a click answers nothing");
    assert_eq!(rows(&office.desk.log()).last().unwrap().0, "asked");
    assert_eq!(office.notifications.told().len(), 1, "one request is told once");

    // From the menu as well.
    desktop.until("the focus elsewhere", || {
        desktop.click(&window, 20, 100);
        (!desktop.has_focus(CLASS)).then_some(())
    });
    item.choose(&format!("{PAGE} wants <i>Công văn</i> & \u{FFFD}45.pdf signed: open the window"));
    desktop.until("the focus back", || desktop.has_focus(CLASS).then_some(()));
    desktop.until("the answer", || {
        desktop.key("Escape");
        asked.is_finished().then_some(())
    });
    assert!(asked.join().unwrap().contains("user_denied"));
    drop(other);
}

#[test]
fn do_not_disturb_is_respected_and_a_window_with_the_focus_is_not_told() {
    let Some(desktop) = desktop() else { return };
    let office = Office::open(&desktop);
    let other = Other::open(&desktop);
    office.notifications.inhibit(true);
    let asked = office.ask("a.pdf");
    desktop.window(CLASS);
    desktop.until("the focus", || desktop.has_focus(CLASS).then_some(()));
    // A window that has just come takes the focus a few times.
    desktop.until("the question, with the focus elsewhere", || {
        if desktop.has_focus(CLASS) {
            desktop.click(other.window(), 20, 100);
        }
        office.notifications.is_asked().then_some(())
    });
    assert_eq!(office.notifications.told(), []);
    drop(other);
    drop(asked);
}

#[test]
fn a_site_that_is_refused_three_times_is_told() {
    let Some(desktop) = desktop() else { return };
    let office = Office::open(&desktop);
    for n in 0..3 {
        let asked = office.ask(&format!("{n}.pdf"));
        desktop.window(CLASS);
        desktop.until("the answer", || {
            desktop.key("Escape");
            asked.is_finished().then_some(())
        });
        assert!(asked.join().unwrap().contains("user_denied"));
    }
    let told = office.notifications.wait("A site keeps asking");
    assert!(told.body.contains(PAGE) && told.body.contains("3 times"), "{told:?}");
    assert!(told.actions.is_empty(), "nothing is decided by a click");
    let item = office.tray.item(&office.session);
    item.line(&format!("{PAGE}: refused 3 times"));
}

#[test]
fn the_first_start_offers_the_first_steps_once() {
    let mut desk = Desk::configured("modules = []\n");
    let session = Session::start();
    let notifications = session.notifications();
    desk.set("DBUS_SESSION_BUS_ADDRESS", session.address());
    // A desktop that can open no page; its terminal tells what is to run in it.
    let ran = program(&mut desk, "x-terminal-emulator");
    let tray = Tray::start(&desk);
    let told = notifications.wait("Kyso is ready to be set up");
    assert!(told.actions.contains(&"Set up".to_owned()), "{told:?}");
    notifications.click(&told);
    let runs = until("setup in a terminal", || std::fs::read_to_string(&ran).ok());
    assert_eq!(runs.trim(), format!("-e {} setup --wait", env!("CARGO_BIN_EXE_kyso")));
    std::fs::remove_file(&ran).unwrap();
    tray.item(&session).choose("Set up Kyso…");
    until("setup from the menu", || std::fs::read_to_string(&ran).ok());
    drop(tray);

    let again = Tray::start(&desk);
    again.item(&session).says("The signing agent is not running");
    again.item(&session).choose("Set up Kyso…");
    assert_eq!(notifications.told().len(), 1, "offered once");
}

/// For a person who never opened a terminal: a page says all that one would.
#[test]
fn the_first_steps_are_told_on_a_page() {
    let mut desk = Desk::configured("modules = []\n");
    let session = Session::start();
    let notifications = session.notifications();
    desk.set("DBUS_SESSION_BUS_ADDRESS", session.address());
    let opened = program(&mut desk, "xdg-open");
    let _tray = Tray::start(&desk);
    notifications.click(&notifications.wait("Kyso is ready to be set up"));
    let path = until("a page", || std::fs::read_to_string(&opened).ok());
    let page = until("the whole page", || {
        let page = std::fs::read_to_string(path.trim()).unwrap();
        (!page.contains("one moment")).then_some(page)
    });
    let page = page.replace("&#39;", "'");
    let terminal = String::from_utf8(desk.kyso(&["setup", "--check"]).stdout).unwrap();
    let headings = terminal.lines().filter(|line| line.starts_with(|first: char| first.is_ascii_digit()));
    let headings: Vec<&str> = headings.collect();
    assert_eq!(headings.len(), 8, "{terminal}");
    for told in headings.into_iter().chain(["SETTING UP KYSO", "What to do: ", "Not ready to sign."]) {
        assert!(page.contains(told.trim()), "{told}: {page}");
    }
    assert!(page.contains("choose 'Set up Kyso…' in the menu"), "{page}");
    assert!(!page.contains("<script") && !page.contains("src=") && !page.contains("http://"), "{page}");
}

/// The desk's only program; the file is written once it runs, with its arguments.
fn program(desk: &mut Desk, name: &str) -> std::path::PathBuf {
    let (folder, ran) = (desk.folder().join("programs"), desk.folder().join("ran"));
    std::fs::create_dir(&folder).unwrap();
    let tells = format!("#!/bin/sh\necho \"$@\" >{0}.new && /bin/mv {0}.new {0}\n", ran.display());
    std::fs::write(folder.join(name), tells).unwrap();
    std::fs::set_permissions(folder.join(name), std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    desk.set("PATH", &folder.display().to_string());
    ran
}
