//! Words of the prompt matter.

words! {
    /// See the module.
    PromptWords {
        kyso: "Kyso", "Kyso";
    }
}
