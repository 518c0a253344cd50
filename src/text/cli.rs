//! Words of the cli matter.

words! {
    /// See the module.
    CliWords {
        kyso: "Kyso", "Kyso";
    }
}
