//! Words of the error matter.

words! {
    /// See the module.
    ErrorWords {
        kyso: "Kyso", "Kyso";
    }
}
