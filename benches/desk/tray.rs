//! What the icon in the panel takes, all day long: beside the real agent, on a session bus with a panel.

use std::process::Stdio;

use crate::figures::Figures;
use crate::prompt::megabytes;
use crate::support::desk::Desk;
use crate::support::session::{Session, until};
use crate::support::softhsm::SoftHsm;

pub(crate) fn measure(figures: &mut Figures) {
    figures.section("the tray");
    let token = SoftHsm::new();
    let mut desk = Desk::with(&token);
    let session = Session::start();
    desk.set("DBUS_SESSION_BUS_ADDRESS", session.address());
    let _agent = desk.agent();
    let _panel = session.panel();
    let mut tray = desk.command(&["tray"]).stderr(Stdio::null()).spawn().unwrap();
    let item = session.item(tray.id());
    until("the tray knows of the token", || item.tooltip().contains("Ready to sign").then_some(()));
    // The panel has its menu, as after a first click.
    let lines = item.menu().len();
    figures.row(
        "tray_rss_mb",
        &format!("resident, its menu of {lines} lines told, MB"),
        megabytes(tray.id()),
        1,
    );
    let _ = tray.kill();
    let _ = tray.wait();
}
