//! What is wrong with a configuration file.

words! {
    /// Behind the file's name.
    ConfigWords {
        line: "dòng {line} («{text}»): {what}", "line {line} ('{text}'): {what}";
        unknown: "không có mục «{name}»; dùng được: {known}", "there is no setting '{name}'; there are {known}";
        missing: "thiếu mục «{name}»", "the setting '{name}' is missing";
        choice: "giá trị «{name}» không dùng được; dùng được: {known}", "'{name}' can't be used here; there are {known}";
        value: "giá trị không đúng kiểu hoặc ngoài khoảng cho phép", "the value is of another kind, or out of range";
        syntax: "không viết đúng kiểu TOML ({detail})", "not written as TOML wants it ({detail})";
        port: "port: phải từ 1024 trở lên", "port: must be 1024 or above";
        keep: "keep_login: idle phải từ 1 đến {idle} giây, most từ 1 đến {most}", "keep_login: idle must be 1 to {idle} seconds, most 1 to {most}";
        relative: "modules: {path} không phải là đường dẫn đầy đủ", "modules: {path} is not an absolute path";
        parallel: "modules: parallel phải từ 1 đến {most}", "modules: parallel must be 1 to {most}";
        language: "language không nằm ở một dòng riêng", "language does not stand on a line of its own";
    }
}
