//! The library under examination: the person's word, like one under `[[modules]]`.

use std::path::Path;
use std::path::PathBuf;

use clap::ArgMatches;
use serde_json::json;

use super::report::Row;
use crate::app;
use crate::app::Programs;
use crate::cli::doctor::modules;
use crate::config::Config;
use crate::domain::module::ModuleSettings;
use crate::domain::rules::Rules;
use crate::sys::sandbox::Landlock;
use crate::text::conformance::ConformanceWords;
use crate::text::fill;
use crate::text::modules::ModuleWords;
use crate::token::discovery;
use crate::token::discovery::Reason;
use crate::token::discovery::vendors::List;
use crate::token::discovery::vet;
use crate::token::hub::ModuleConfig;
use crate::token::hub::TokenHub;
use crate::token::trace::Trace;

/// A library and how it is treated.
pub(super) struct Subject {
    pub(super) module: ModuleConfig,
    /// Whose it is, if the list of vendors knows its file name.
    vendor: Option<String>,
    /// Why it is not even loaded.
    pub(super) unfit: Option<Unfit>,
}

/// Why a library is not loaded.
pub(super) struct Unfit {
    pub(super) name: &'static str,
    pub(super) sentence: String,
}

impl Subject {
    /// Treated as the configuration has it, else as the list of vendors, else like a stranger; what the
    /// command line says goes first.
    pub(super) fn named(path: &Path, matches: &ArgMatches, config: &Config, rules: &Rules) -> Self {
        let path = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
        let real = |path: &Path| path.canonicalize().unwrap_or_else(|_| path.to_owned());
        let configured = config.modules.iter().flatten().find(|module| real(&module.path) == real(&path));
        let (vendor, known) = discovery::known(&path, &List::shipped());
        let settings = configured.map(|module| module.settings.clone()).or(known).unwrap_or_default();
        let reason = match vet::vet(&path) {
            Err(unfit) => Some(Reason::Unfit(unfit)),
            Ok(real) => (!rules.modules.admit(&real)).then_some(Reason::Policy),
        };
        let unfit = reason.map(|reason| {
            let sentence = modules::left_out(&reason, ModuleWords::of(config.lang)).0;
            Unfit { name: reason.name(), sentence }
        });
        let module = ModuleConfig { path, environment: Vec::new(), settings: with(settings, matches) };
        Self { module, vendor, unfit }
    }

    /// The tokens behind this library alone, each step of it traced.
    pub(super) fn tokens(
        &self,
        config: &Config,
        rules: &Rules,
        programs: &Programs,
        trace: &Trace,
    ) -> TokenHub {
        app::hub(config, vec![self.module.clone()], rules, programs).tracing(trace)
    }

    /// What it is and how it was treated.
    pub(super) fn row(&self, words: &ConformanceWords, landlock: Option<Landlock>) -> Row {
        let settings = &self.module.settings;
        let name = self.module.path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let when = |set: bool, text: &str| if set { format!(", {text}") } else { String::new() };
        let shut_in = match landlock {
            Some(Landlock::On { abi }) => {
                fill(words.landlock_on, &[("version", &abi.to_string())]).into_owned()
            }
            Some(Landlock::Missing) => words.landlock_missing.to_owned(),
            Some(Landlock::Off) => words.landlock_off.to_owned(),
            None if settings.landlock => "Landlock".to_owned(),
            None => words.landlock_off.to_owned(),
        };
        let writable = format!("writable × {}", settings.writable.len());
        let treated = fill(
            words.settings,
            &[
                ("parallel", &settings.parallel.to_string()),
                ("slow", &when(settings.slow, "slow")),
                ("network", &when(settings.network, "network")),
                ("writable", &when(!settings.writable.is_empty(), &writable)),
                ("reserved", &when(settings.reserved.is_some(), "reserved")),
                ("landlock", &shut_in),
            ],
        );
        let vendor = self.vendor.as_ref().map(|vendor| format!(" ({vendor})")).unwrap_or_default();
        Row::new("library", words.step_module)
            .saying(format!("{name}{vendor}; {treated}"))
            .with("file", json!(name))
            .with("vendor", json!(self.vendor))
            .with(
                "settings",
                json!({
                    "parallel": settings.parallel,
                    "slow": settings.slow,
                    "network": settings.network,
                    "writable": settings.writable.len(),
                    "reserved": settings.reserved.is_some(),
                    "landlock": settings.landlock,
                }),
            )
    }
}

fn with(settings: ModuleSettings, matches: &ArgMatches) -> ModuleSettings {
    let absolute = |path: &PathBuf| std::path::absolute(path).unwrap_or_else(|_| path.clone());
    let writable = matches.get_many::<PathBuf>("writable");
    ModuleSettings {
        reserved: matches.get_one::<String>("reserved").cloned().or(settings.reserved),
        parallel: matches.get_one::<u16>("parallel").map_or(settings.parallel, |n| usize::from(*n)),
        slow: settings.slow || matches.get_flag("slow"),
        network: settings.network || matches.get_flag("network"),
        writable: writable.map_or(settings.writable, |all| all.map(absolute).collect()),
        environment: settings.environment,
        landlock: settings.landlock && !matches.get_flag("no-landlock"),
    }
}
