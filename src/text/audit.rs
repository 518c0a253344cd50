//! Words of the audit matter.

words! {
    /// See the module.
    AuditWords {
        kyso: "Kyso", "Kyso";
    }
}
