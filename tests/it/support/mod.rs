//! What several tests need.

pub(crate) mod agent;
pub(crate) mod card;
pub(crate) mod desk;
pub(crate) mod desktop;
pub(crate) mod dice;
pub(crate) mod hostile;
pub(crate) mod http;
pub(crate) mod logbook;
pub(crate) mod logind;
pub(crate) mod opencryptoki;
pub(crate) mod paper;
pub(crate) mod person;
pub(crate) mod required;
pub(crate) mod schema;
pub(crate) mod scripts;
pub(crate) mod session;
pub(crate) mod simulator;
pub(crate) mod site;
pub(crate) mod socket;
pub mod softhsm;
pub(crate) mod speech;
pub(crate) mod status;
pub(crate) mod sway;
pub(crate) mod terminal;
pub(crate) mod webdriver;
pub(crate) mod weston;
