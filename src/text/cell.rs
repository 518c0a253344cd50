//! Cells of CSV that a spreadsheet takes as they are.

/// A spreadsheet takes a cell that starts with `=`, `+`, `-`, `@`, tab or carriage return for a
/// formula; such cells, and those that start with `'`, get a `'` in front.
pub fn harmless(cell: String) -> String {
    if cell.starts_with(['=', '+', '-', '@', '\t', '\r', '\'']) { format!("'{cell}") } else { cell }
}
